import { slowness } from '../../../tooling/machine-pace.js';
import type { Fault, FaultContext } from '../faults/fault.js';
import type { SystemUnderTest } from '../processes/system-under-test.js';
import { defaultSendTimeoutMs } from '../processes/workload.js';
import type { Server } from '../servers/server.js';
import type { EventLog } from './event-log.js';
import { messageHistory } from './message-history.js';
import type { Summary } from './summary.js';

/** How much later than its deadline a send may be settled, in ms of an idle machine. */
const latenessMs = 2000;

/** The promises that do not hold, one sentence each. */
export async function violations(
  fault: Fault<Server>,
  context: FaultContext<Server>,
  summary: Summary,
): Promise<string[]> {
  const { system } = context;
  const { sendTimeoutMs = defaultSendTimeoutMs } = fault.workload ?? {};
  const slowest = Math.round(summary.slowestSendMs);
  return [
    ...brokenPromises(summary, system.log),
    ...(fault.mayRepeat || summary.duplicates === 0
      ? []
      : [`${summary.duplicates} were handled once more than they had to be`]),
    ...(slowest <= sendTimeoutMs + latenessMs * slowness()
      ? []
      : [`a send took ${slowest} ms, and its deadline is ${sendTimeoutMs} ms`]),
    ...overLimit(context, summary),
    ...wrongEnds(system.log, context),
    ...(await wrongAcks(system)),
    ...((await fault.check?.(context, summary)) ?? []),
  ];
}

/** The violations that no fault excuses. */
function brokenPromises(summary: Summary, log: EventLog): string[] {
  const lists: [string[], string][] = [
    [summary.lost, 'lost, though their sends resolved'],
    [summary.unsent, 'handled, though they were never sent'],
    [summary.denied, 'handled, though their sends said that they are not in Redis'],
    [summary.unstated, 'rejected with an error that does not say whether they are in Redis'],
    [summary.afterAck, 'handled again after an acknowledgement was confirmed'],
    [summary.unexplained, 'handled again with no fault that explains it'],
    [summary.outOfOrder, 'overtaken by a later message with no fault that explains it'],
    [summary.together, 'started while another one of their key was handled'],
    [summary.wronglyDead, 'dead letters, though nothing was wrong with them'],
  ];
  return lists
    .filter(([keys]) => keys.length > 0)
    .map(
      ([keys, what]) =>
        `${keys.length} were ${what}: ${some(keys)}\n${messageHistory(log, keys[0])}`,
    );
}

/** A Redis that forgets may forget a limit, too. */
function overLimit(
  { system: { log }, limit = Number.POSITIVE_INFINITY }: FaultContext<Server>,
  { mostAtATime }: Summary,
): string[] {
  if (log.incidents.some(({ forgetsSince }) => forgetsSince !== undefined)) return [];
  if (mostAtATime <= limit) return [];
  return [`${mostAtATime} were handled at a time, and the limit is ${limit}`];
}

/** Each message is acknowledged once: a stale acknowledgement that changed anything would count. */
async function wrongAcks(system: SystemUnderTest<Server>): Promise<string[]> {
  const { log } = system;
  if (log.incidents.some(({ forgetsSince }) => forgetsSince !== undefined)) return [];
  const handled = new Set(log.all('handled').map(({ key }) => key)).size;
  const acknowledged = await system.acknowledged();
  return handled === acknowledged
    ? []
    : [`${handled} messages were handled, and Redis has counted ${acknowledged} acknowledgements`];
}

/** Processes end only because they are asked to, or because of the fault. */
function wrongEnds(log: EventLog, { workload }: FaultContext<Server>): string[] {
  const { consumers, producers, orderedConsumer, orderedProducer } = workload;
  const processes = [consumers, producers, orderedConsumer, orderedProducer].flatMap(
    (pool) => pool.all,
  );
  const killed = new Set(log.incidents.map(({ process }) => process));
  return processes
    .filter(({ name, exit }) => exit?.code !== 0 && !killed.has(name))
    .map(({ name, exit }) => `${name} ended by itself with ${exit?.signal ?? exit?.code}`);
}

function some(keys: readonly string[]): string {
  const shown = keys.slice(0, 5).join(', ');
  return keys.length > 5 ? `${shown} and others` : shown;
}
