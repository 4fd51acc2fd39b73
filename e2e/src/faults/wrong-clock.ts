import { setTimeout as pause } from 'node:timers/promises';
import { slowness } from '../../../tooling/machine-pace.js';
import { callsByKey } from '../accounting/handler-calls.js';
import { sharedNow } from '../clock.js';
import { Standalone } from '../servers/standalone.js';
import type { Fault, FaultContext } from './fault.js';

const hourMs = 3_600_000;
const delayMs = 200;
/** How late a delayed message may be, in ms of an idle machine. */
const latenessMs = 2000;

/** Producers and consumers whose wall clocks are wrong by different times. */
function wrongClock(name: string, does: string, clocks: { producer: number; consumer: number }) {
  const offsets = [clocks.producer, clocks.consumer];
  const fault: Fault = {
    name,
    does,
    proof: 'the time that the processes themselves report',
    costs: 'nothing: delays, leases and expiry go by the clock of Redis',
    mayRepeat: false,
    everyMs: [200, 500],
    workload: {
      leaseMs: 15_000,
      consumer: { clockOffsetMs: clocks.consumer },
      producer: { clockOffsetMs: clocks.producer, delayMs, sendOptions: { ttlMs: 60_000 } },
    },
    server: () => Standalone.start(),

    /** In addition, messages expire before they are consumed. */
    async inject({ system, workload }) {
      const queue = 'expiring';
      const clockOffsetMs = clocks.producer;
      const sendOptions = { ttlMs: 50 };
      await system.producer({ queue, count: 5, clockOffsetMs, sendOptions }).done();
      await pause(100);
      const consumer = system.consumer({ queue, clockOffsetMs: clocks.consumer });
      await system.quiet({ queue });
      await consumer.finish();

      const members = [...workload.producers.members, ...workload.consumers.members];
      const errors = members.map(({ name }) => clockError(system, name));
      return errors.every((error) => offsets.some((offset) => Math.abs(error - offset) < 60_000))
        ? 1
        : 0;
    },

    check({ system: { log } }) {
      const started = new Map(
        [...callsByKey(log)].map(([key, [first]]) => [key, first?.startedAt]),
      );
      const delayed = log.all('sending').filter((send) => send.delayMs !== undefined);
      const waits = delayed.map(({ key, at }) => (started.get(key) ?? Infinity) - at);
      const latest = delayMs + latenessMs * slowness();
      // Redis returns whole milliseconds.
      const early = waits.filter((waited) => waited < delayMs - 1).length;
      const late = waits.filter((waited) => waited > latest).length;
      const expiring = log.all('sending').filter(({ ttlMs }) => ttlMs === 50);
      const outlived = expiring.filter(({ key }) => started.has(key)).length;
      return [
        ...(early + late === 0 ? [] : [`${early} delayed messages were early, ${late} late`]),
        ...(outlived === 0 ? [] : [`${outlived} messages were handled after they had expired`]),
        ...(log.count('lost') === 0 ? [] : ['a lease was lost']),
      ];
    },
  };
  return fault;
}

/** How wrong the wall clock of a process is, in ms. */
function clockError({ log }: FaultContext['system'], process: string): number {
  const [ready] = log.all('ready', process);
  if (!ready) return Number.NaN;
  return ready.clock - (ready.at + Date.now() - sharedNow());
}

export const wrongClocks: readonly Fault[] = [
  wrongClock(
    'producer-clock',
    'the wall clock of the producers is an hour ahead, that of the consumers an hour behind',
    {
      producer: hourMs,
      consumer: -hourMs,
    },
  ),
  wrongClock(
    'consumer-clock',
    'the wall clock of the consumers is an hour ahead, that of the producers an hour behind',
    {
      producer: -hourMs,
      consumer: hourMs,
    },
  ),
];
