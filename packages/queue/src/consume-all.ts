import {
  InvalidArgumentError,
  type NamesOf,
  refuseUnknownOptions,
  type Schema,
  shown,
  type WithoutSchema,
  wholeNumber,
} from '@redpost/core';
import { checkedHandler } from '@redpost/core/consuming';
import { AllConsumer } from './consuming/all-consumer.js';
import { type ConsumeOptions, consumerOptions, optionNames } from './consuming/consume-options.js';
import type { Consumer, Handler } from './consuming/consumer.js';
import { SharedPool } from './consuming/shared-pool.js';
import { inOrder, weighted } from './consuming/turn-order.js';
import { Queue, startShared, wrapHandler } from './queue.js';
import type { QueueOptions } from './queue-options.js';

/** How several queues are consumed together. `concurrency` is how many handlers run at a time, for all of them. */
export interface ConsumeAllOptions extends ConsumeOptions {
  /**
   * Whether messages of a queue are started only while those before it have none. Default false: all of them have
   * their turns, by their weights.
   */
  strict?: boolean | undefined;
}

/** The same for queues that are given by their names: what these have in common. */
export type ConsumeNamedOptions<Body> = ConsumeAllOptions &
  Pick<QueueOptions<Body>, 'connection'> &
  (WithoutSchema<Body> | (Pick<QueueOptions<Body>, 'codec'> & { schema: Schema<unknown, Body> }));

/** The weights of queues by their names, 1 to 100. */
export type NamedWeights = Readonly<Record<string, number>> | ReadonlyMap<string, number>;

const allOptionNames: NamesOf<
  ConsumeAllOptions & Pick<QueueOptions<unknown>, 'connection' | 'codec' | 'schema'>
> = { ...optionNames, strict: true, connection: true, codec: true, schema: true };

/**
 * Calls `handler` for each message of several queues, with one shared `concurrency`, until the consumer is stopped.
 * `delivery.queue` is the name of the message's queue.
 *
 * Of the starts, each queue has as many as its weight says: smooth weighted round-robin, without chance. While all of
 * them have messages, any `sum` starts in a row have exactly `w` of a queue with the weight `w`, where `sum` is that of all
 * weights, and between two of its starts are less than `2 * sum / w`. The turn of a queue without messages goes to the
 * next one. It is looked at again at its turns, but not more often than every 10 ms.
 * With `strict`, the first queue that has messages is always next, and the others can starve.
 *
 * ```ts
 * consumeAll({ critical: 5, bulk: 1 }, { connection, concurrency: 20 }, ({ queue, body }) => work(queue, body));
 * ```
 *
 * @param queues names and weights, 1 to 100. A `Map` is in its own order, while JavaScript puts names of an object that are whole numbers
 *   before all others.
 * @throws InvalidArgumentError for a name, a weight or an option that cannot work.
 */
export function consumeAll<Body>(
  queues: NamedWeights,
  options: ConsumeNamedOptions<Body>,
  handler: Handler<Body>,
): AllConsumer<Body>;
/**
 * The same for queues that are objects. Their defaults for `consume` hold for what `options` does not say, but for
 * `concurrency`.
 */
export function consumeAll<Body>(
  queues: ReadonlyMap<Queue<Body, never>, number>,
  options: ConsumeAllOptions,
  handler: Handler<Body>,
): AllConsumer<Body>;
export function consumeAll<Body>(
  queues: NamedWeights | ReadonlyMap<Queue<Body, never>, number>,
  options: ConsumeAllOptions | ConsumeNamedOptions<Body>,
  handler: Handler<Body>,
): AllConsumer<Body> {
  refuseUnknownOptions('consumeAll()', options, allOptionNames);
  const {
    strict = false,
    connection,
    codec,
    schema,
    ...consume
  } = options as ConsumeAllOptions & QueueOptions<Body>;
  if (typeof strict !== 'boolean') {
    throw new InvalidArgumentError(`strict is true or false, got ${shown(strict)}`);
  }
  const weights = weightsOf(queues, { connection, codec, schema });
  const { concurrency } = consumerOptions(consume);
  const order = strict ? inOrder() : weighted([...weights.values()]);
  checkedHandler(handler);
  const calls = new Map<string, Handler<Body>>();
  for (const queue of weights.keys()) calls.set(queue.name, wrapHandler(queue, handler));
  const call: Handler<Body> = (delivery) => calls.get(delivery.queue)?.(delivery);
  const pool = new SharedPool<Body>(call, concurrency, order);
  const start = (queue: Queue<Body, never>, drained: (queue: string) => void) =>
    startShared<Body>(queue, (host) => pool.share(queue.name, host, () => drained(queue.name)), {
      ...consume,
      concurrency,
      handler,
      turns: pool.turns,
    });
  return new AllConsumer<Body>((drained) => {
    const consumers = new Map<string, Consumer<Body>>();
    try {
      for (const queue of weights.keys()) consumers.set(queue.name, start(queue, drained));
    } catch (error) {
      // One of them is closed, or cannot have such a heartbeat.
      for (const consumer of consumers.values()) void consumer.stop({ timeoutMs: 0 });
      throw error;
    }
    return consumers;
  });
}

function weightsOf<Body>(
  queues: NamedWeights | ReadonlyMap<Queue<Body, never>, number>,
  named: Pick<QueueOptions<Body>, 'connection' | 'codec' | 'schema'>,
): Map<Queue<Body, never>, number> {
  if (typeof queues !== 'object' || queues === null) {
    throw new InvalidArgumentError(
      `consumeAll() gets queues and their weights, e.g. { critical: 5, bulk: 1 }, got ${shown(queues)}`,
    );
  }
  const entries: Iterable<[Queue<Body, never> | string, number]> =
    Symbol.iterator in queues ? queues : Object.entries(queues);
  const weights = new Map<Queue<Body, never>, number>();
  const names = new Set<string>();
  for (const [given, weight] of entries) {
    const isObject = typeof given === 'object' && given !== null;
    if (isObject && (named.connection ?? named.codec ?? named.schema) !== undefined) {
      throw new InvalidArgumentError(
        'A Queue has its own connection, codec and schema: consumeAll() gets none beside it',
      );
    }
    const queue = isObject ? given : new Queue<Body>(given, named);
    wholeNumber(`The weight of ${shown(queue.name)}`, weight, { min: 1, max: 100 });
    if (names.has(queue.name)) {
      throw new InvalidArgumentError(`consumeAll() gets the queue ${shown(queue.name)} twice`);
    }
    names.add(queue.name);
    weights.set(queue as Queue<Body, never>, weight);
  }
  if (weights.size === 0) {
    throw new InvalidArgumentError('consumeAll() needs at least one queue');
  }
  return weights;
}
