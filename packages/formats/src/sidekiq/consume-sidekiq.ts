import {
  type Codec,
  type Connection,
  checkedConnection,
  decodeOnly,
  InvalidArgumentError,
  type NamesOf,
  refuseUnknownOptions,
  wholeNumber,
} from '@redpost/core';
import { longestTimerMs, warn } from '@redpost/core/consuming';
import {
  type AllConsumer,
  type ConsumeOptions,
  consumeAll,
  type Delivery,
  Queue,
} from '@redpost/queue';
import { checkedHandlers } from '../checked-handlers.js';
import { DueJobs } from './due-jobs.js';
import { type FailedSidekiqJob, Failures } from './failures.js';
import {
  type JobItem,
  listOf,
  readJob,
  type SidekiqJob,
  type SidekiqMessage,
  type TimeUnit,
} from './sidekiq-job.js';
import { checkedTimes } from './sidekiq-jobs.js';

/** Performs a job. What it throws fails the job. */
export type SidekiqHandler = (job: SidekiqJob) => unknown;

/** How jobs of Sidekiq are handled. */
export interface ConsumeSidekiqOptions
  extends Omit<
    ConsumeOptions,
    'order' | 'onFailure' | 'onExpired' | 'maxAttempts' | 'backoff' | 'timeoutMs'
  > {
  /** To the Redis database of Sidekiq: standalone or by Sentinel. */
  connection: Connection;
  /** How times are written: `ms` for Sidekiq 8, `s` for earlier versions. Default `ms`. */
  times?: TimeUnit | undefined;
  /**
   * How often `schedule` and `retry` are looked at for jobs that are due, in ms on average; 0 to leave that to processes of
   * Sidekiq. Default 5000.
   */
  pollMs?: number | undefined;
  /** Told of each job that has failed. Default: a process warning for each that is not retried. */
  onFailed?: ((failed: FailedSidekiqJob) => void) | undefined;
}

const optionNames: NamesOf<ConsumeSidekiqOptions> = {
  connection: true,
  times: true,
  pollMs: true,
  onFailed: true,
  concurrency: true,
  leaseMs: true,
  heartbeat: true,
  maxBlockedMs: true,
  signal: true,
};
const about = { call: 'consumeSidekiq()', names: 'classes', example: 'SendMail' };

/**
 * Handles the jobs of queues of Sidekiq, beside its processes or in their place, until the consumer is stopped. A job is leased while
 * its handler runs: if this process dies, another consumer gets it. A job that fails is retried as Sidekiq does it: it waits in the
 * set `retry`, with the fields of its failure, and ends in the set `dead`. What is no job, and a job of a class without a
 * handler, becomes a dead letter of the list that it came from, with its bytes.
 *
 * ```ts
 * consumeSidekiq({ critical: 5, default: 1 }, { SendMail: ({ args: [to] }) => send(to) }, { connection });
 * ```
 *
 * @param queues the name of a queue, or names and weights of several, as for `consumeAll`.
 * @param handlers the handlers by the names of their Ruby classes.
 * @throws InvalidArgumentError for an argument or option that cannot work.
 */
export function consumeSidekiq(
  queues: string | Readonly<Record<string, number>>,
  handlers: Readonly<Record<string, SidekiqHandler>>,
  options: ConsumeSidekiqOptions,
): AllConsumer<SidekiqMessage> {
  const connection = checkedConnection('consumeSidekiq()', options);
  refuseUnknownOptions('consumeSidekiq()', options, optionNames);
  if (connection.isCluster) {
    throw new InvalidArgumentError('Sidekiq has no Cluster: its keys are in several slots');
  }
  const { times, pollMs = 5000, onFailed = warnOfEnd, ...rest } = options;
  const { concurrency, leaseMs, heartbeat, maxBlockedMs, signal } = rest;
  wholeNumber('pollMs', pollMs, { min: 0, max: longestTimerMs });
  const unit = checkedTimes(times);
  const codec = decodeOnly(jobCodec(checkedHandlers(about, handlers)));
  const weights = Object.entries(typeof queues === 'string' ? { [queues]: 1 } : queues);
  const failures = new Failures(connection, unit);
  const consumer = consumeAll<SidekiqMessage>(
    new Map(
      weights.map(([name, weight]) => [
        new Queue<SidekiqMessage>(listOf(name), { connection, codec }),
        weight,
      ]),
    ),
    { concurrency, leaseMs, heartbeat, maxBlockedMs, signal },
    (delivery) => perform(delivery, handlers, failures, onFailed),
  );
  if (pollMs > 0) {
    const dueJobs = new DueJobs(connection, unit, pollMs);
    consumer.on('stopped', () => dueJobs.stop());
    dueJobs.start();
  }
  return consumer;
}

async function perform(
  delivery: Delivery<SidekiqMessage>,
  handlers: Readonly<Record<string, SidekiqHandler>>,
  failures: Failures,
  onFailed: (failed: FailedSidekiqJob) => void,
): Promise<void> {
  const item = delivery.body as JobItem; // as the codec has read it
  const { signal } = delivery;
  const { jid, class: name, args, retry_count } = item;
  const queue = delivery.queue.slice(listOf('').length);
  const retries = typeof retry_count === 'number' ? retry_count + 1 : 0;
  try {
    await (handlers[name] as SidekiqHandler)({
      ...{ jid, class: name, args, queue, retries, item, signal },
    });
  } catch (error) {
    // Somebody else has it now, or will have it.
    if (signal.aborted) throw error;
    onFailed(await failures.failed(item, queue, error));
  }
}

function warnOfEnd({ item, error, next }: FailedSidekiqJob): void {
  if (next === 'retry') return;
  warn(new Error(`The job ${item.jid} of Sidekiq (${item.class}) is ${next}: ${error.message}`));
}

/** Reads the jobs that there are handlers for: what else comes is a message that cannot be decoded, and a dead letter. */
function jobCodec(
  handlers: Readonly<Record<string, SidekiqHandler>>,
): Pick<Codec<SidekiqMessage>, 'name' | 'decode'> {
  return {
    name: 'a job that can be handled here',
    decode(bytes) {
      const job = readJob(bytes);
      if (Object.hasOwn(handlers, job.class)) return job;
      throw new TypeError(`There is no handler for ${job.class}`);
    },
  };
}
