import { slowness } from '../../../tooling/machine-pace.js';
import type { Fault, Scene } from '../faults/fault.js';
import type { Trial } from '../faults/trial.js';
import { defaultSendTimeoutMs } from '../processes/workforce.js';
import type { Server } from '../servers/server.js';
import type { Account } from './account.js';
import type { Ledger } from './ledger.js';
import { story } from './story.js';

/** How much later than its deadline a send may be settled, in ms of an idle machine. */
const latenessMs = 2000;

/** What of all that is promised does not hold, in sentences. */
export async function verdict(
  fault: Fault<Server>,
  scene: Scene<Server>,
  account: Account,
): Promise<string[]> {
  const { trial } = scene;
  const { sendTimeoutMs = defaultSendTimeoutMs } = fault.load ?? {};
  const slowest = Math.round(account.slowestSendMs);
  return [
    ...wrongIn(account, trial.ledger),
    ...(fault.mayRepeat || account.duplicates === 0
      ? []
      : [`${account.duplicates} were handled once more than they had to be`]),
    ...(slowest <= sendTimeoutMs + latenessMs * slowness()
      ? []
      : [`a send took ${slowest} ms, and its deadline is ${sendTimeoutMs} ms`]),
    ...wrongEnds(trial.ledger, scene),
    ...(await wrongAcks(trial)),
    ...((await fault.check?.(scene, account)) ?? []),
  ];
}

/** What is wrong under every fault. */
function wrongIn(account: Account, ledger: Ledger): string[] {
  const lists: [string[], string][] = [
    [account.lost, 'lost, though their sends resolved'],
    [account.unsent, 'handled, though they were never sent'],
    [account.denied, 'handled, though their sends said that they are not in Redis'],
    [account.unstated, 'rejected without a word on whether they are in Redis'],
    [account.afterAck, 'handled again after an acknowledgement was confirmed'],
    [account.unexcused, 'handled again with no fault that accounts for it'],
    [account.outOfOrder, 'overtaken by a later message with no fault that accounts for it'],
    [account.wronglyDead, 'dead letters, though nothing was wrong with them'],
  ];
  return lists
    .filter(([keys]) => keys.length > 0)
    .map(([keys, what]) => `${keys.length} were ${what}: ${some(keys)}\n${story(ledger, keys[0])}`);
}

/** Each message is acknowledged once: a stale acknowledgement that changed anything would count. */
async function wrongAcks(trial: Trial<Server>): Promise<string[]> {
  const { ledger } = trial;
  if (ledger.incidents.some(({ forgetsSince }) => forgetsSince !== undefined)) return [];
  const handled = new Set(ledger.all('handled').map(({ key }) => key)).size;
  const acknowledged = await trial.acknowledged();
  return handled === acknowledged
    ? []
    : [`${handled} messages were handled, and Redis has counted ${acknowledged} acknowledgements`];
}

/** Processes end only because they are asked to, or because of the fault. */
function wrongEnds(ledger: Ledger, { workforce }: Scene<Server>): string[] {
  const { consumers, producers, laneConsumer, laneProducer } = workforce;
  const everyone = [consumers, producers, laneConsumer, laneProducer].flatMap(
    (crew) => crew.everyone,
  );
  const killed = new Set(ledger.incidents.map(({ process }) => process));
  return everyone
    .filter(({ name, exit }) => exit?.code !== 0 && !killed.has(name))
    .map(({ name, exit }) => `${name} ended by itself with ${exit?.signal ?? exit?.code}`);
}

function some(keys: readonly string[]): string {
  const shown = keys.slice(0, 5).join(', ');
  return keys.length > 5 ? `${shown} and others` : shown;
}
