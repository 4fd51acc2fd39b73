import {
  ClosedError,
  type Codec,
  checkedConnection,
  checkedMaxMessageBytes,
  connectionOf,
  Emitter,
  json,
  type NamesOf,
  refuseUnknownOptions,
  type Schema,
  type Unlisten,
  type WithoutSchema,
  type WithSchema,
  wholeNumber,
} from '@redpost/core';
import { isObserved, NameIndex, newestId, observeSend } from '@redpost/core/consuming';
import type { GroupConsumer } from './consuming/group-consumer.js';
import { CutError } from './errors.js';
import {
  type ForwardOptions,
  type ForwardTarget,
  forwardOptionNames,
  forwardTo,
} from './group/forward.js';
import { ConsumerGroup } from './group/group.js';
import { groupNames } from './group/group-names.js';
import { type GroupOptions, groupOptionNames } from './group/group-options.js';
import { firstBehind, generationOf } from './partitions/generation.js';
import { Generations } from './partitions/generations.js';
import { TopicPartitions } from './partitions/topic-partitions.js';
import {
  noPublishOptions,
  type PublishOptions,
  type TopicItem,
  type TopicPublishResult,
} from './publishing/publish-options.js';
import { TopicPublisher } from './publishing/topic-publisher.js';
import { type ReadOptions, readOptionNames, readTopic } from './reading/reader.js';
import type { TopicRecord } from './record/record.js';
import { destroy } from './scripts/destroy.js';
import type { TopicContext } from './topic-context.js';
import type { TopicEvents } from './topic-events.js';
import { topicKeys, topicOwner } from './topic-keys.js';
import {
  checkedDeduplication,
  checkedPartitions,
  checkedRetention,
  checkedTimeout,
  type TopicOptions,
  topicOptionNames,
} from './topic-options.js';

/** The numbers of a topic. */
export interface TopicStats {
  /** How many records there are. */
  length: number;
  /** How many records retention has removed that some group had not acknowledged. */
  cut: number;
}

const eventNames: NamesOf<TopicEvents> = { unreadable: true, cut: true, error: true };

/** The result of `topic.destroy()`. */
export interface TopicDestroyResult {
  /** How many records there were. */
  length: number;
  /** How many groups there were. */
  groups: number;
  /** How many dead letters these groups had. */
  dead: number;
}

/**
 * A durable topic: the Redis Stream of the same name. Published records are kept, within its retention, also for readers
 * and consumer groups that come later.
 *
 * ```ts
 * const topic = new Topic<Event>('events', { connection, retention: { maxLength: 1_000_000 } });
 * await topic.publish({ type: 'ordered' });
 * for await (const { body } of topic.read({ from: 'beginning' })) console.log(body);
 * topic.group('billing').consume(async ({ body }) => bill(body));
 * ```
 */
export class Topic<Body = unknown, Input = Body> implements AsyncDisposable {
  readonly name: string;
  /** How many partitions the topic has, and how to change that. */
  readonly partitions: TopicPartitions;
  readonly #context: TopicContext<Body>;
  readonly #publisher: TopicPublisher<Input>;
  readonly #events = new Emitter<TopicEvents>(eventNames);
  /** The groups that have consumers in this object. */
  readonly #groups = new Set<ConsumerGroup<Body, unknown>>();
  /** Ends the readers. */
  readonly #closing = new AbortController();

  /** @throws InvalidArgumentError for a name that cannot be a topic's, or an impossible option. */
  constructor(name: string, options: TopicOptions<Body, Input> & WithoutSchema<Body>);
  constructor(
    name: string,
    options: Omit<TopicOptions<Body, Input>, 'codec' | 'schema'> & WithSchema<Body, Input>,
  );
  constructor(name: string, options: TopicOptions<Body, Input>);
  constructor(name: string, options: TopicOptions<Body, Input>) {
    const given = checkedConnection('A topic', options);
    refuseUnknownOptions('A topic', options, topicOptionNames);
    const { codec = json<Input>(), schema } = options;
    const partitions = checkedPartitions(options.partitions);
    const keys = topicKeys(name);
    const connection = connectionOf(topicOwner(name), given);
    this.name = name;
    this.#context = {
      name,
      connection,
      keys,
      index: new NameIndex(given, 'topics'),
      generations: new Generations({ topic: name, key: keys.facts, connection, partitions }),
      codec: codec as Codec,
      schema: schema as Schema<unknown, Body> | undefined,
      maxMessageBytes: checkedMaxMessageBytes(options.maxMessageBytes),
    };
    this.partitions = new TopicPartitions(this.#context as TopicContext);
    this.#publisher = new TopicPublisher(this.#context as TopicContext, {
      retention: checkedRetention(options.retention),
      deduplication: checkedDeduplication(options.deduplication),
      timeoutMs: checkedTimeout('publishTimeoutMs', options.publishTimeoutMs),
      replicas: wholeNumber('replicas', options.replicas ?? 0, { min: 0 }),
      cut: (partition, records) => this.#report('cut', { partition, records }),
      failed: (error) => this.#report('error', error),
    });
  }

  /**
   * Publishes a record. Resolves to its offset when it is in Redis. Calls of one tick are sent together, and keep their
   * order within a partition.
   *
   * @throws InvalidArgumentError, EncodeError, ValidationError, MessageTooLargeError: nothing was
   * sent.
   * @throws PartitionCountError when the topic has another number of partitions.
   * @throws WrongTypeError when the key of that name is no stream: nothing was published.
   * @throws ConnectionError, TimeoutError, ServerError, ClosedError: their `outcome` says whether
   * the record is known not to be there. With an `id`, the call can be repeated safely.
   */
  publish(body: Input, options: PublishOptions = noPublishOptions): Promise<string> {
    if (!isObserved('publish')) return this.#publisher.publish(body, options);
    const headers = {};
    return observeSend(this.#operation('publish', 1, headers), () =>
      this.#publisher.publish(body, withHeaders(options, headers)),
    );
  }

  /**
   * Publishes many records, and returns a result for each. A record that cannot be published does not prevent the others
   * from being published.
   */
  publishBatch(items: Iterable<TopicItem<Input>>): Promise<TopicPublishResult[]> {
    if (!isObserved('publish')) return this.#publisher.publishBatch(items);
    const headers = {};
    const all = [...items];
    return observeSend(this.#operation('publishBatch', all.length, headers), () =>
      this.#publisher.publishBatch(all.map((item) => withHeaders(item, headers))),
    );
  }

  /**
   * Reads records: first the existing ones after `from`, then new ones, without a gap or a duplicate between them. Every
   * reader gets all records. The reader ends when its loop is left or its signal is aborted.
   *
   * @throws TrimmedError in the loop, when retention removed records before they were read, unless
   * there is an `onTrimmed`.
   * @throws InvalidArgumentError for an impossible `from`.
   */
  read(options: ReadOptions = {}): AsyncGenerator<TopicRecord<Body>, void, undefined> {
    refuseUnknownOptions('read()', options, readOptionNames);
    const closing = this.#closing.signal;
    if (closing.aborted) throw new ClosedError('The topic is closed');
    return readTopic(this.#context, { ...options, closing }, (event, payload) =>
      this.#report(event, payload),
    );
  }

  /** The consumer group of this name. `from` says where it begins if it does not exist yet. */
  group(name: string, options: GroupOptions = {}): ConsumerGroup<Body, Input> {
    refuseUnknownOptions('group()', options, groupOptionNames);
    const owner = { active: this.#groups, closing: this.#closing.signal };
    return new ConsumerGroup(this.#context, name, options, owner);
  }

  /**
   * Sends all records to a queue, from the oldest record on (fan-out): a record is published once, and each queue has its
   * own retries and dead letters. Delivery is at least once: a message that is sent twice has the same id.
   */
  forward(target: ForwardTarget<Body>, options: ForwardOptions = {}): GroupConsumer<Body> {
    refuseUnknownOptions('forward()', options, forwardOptionNames);
    const { group = `forward:${target.name}`, ...rest } = options;
    return forwardTo(this.name, this.group(group), target, rest);
  }

  /** The names of its consumer groups, also of those without members. */
  async groups(): Promise<string[]> {
    const { connection, generations } = this.#context;
    await generations.checked();
    return groupNames(connection, generations.partitions);
  }

  /** How many records there are, and how many retention has cut that some group had not acknowledged. */
  async stats(): Promise<TopicStats> {
    const { connection, generations } = this.#context;
    await generations.checked();
    const counts = await Promise.all(
      generations.partitions.map(async ({ keys: { stream, stats } }) => ({
        length: Number(await connection.call('XLEN', [stream])),
        cut: Number(await connection.call('HGET', [stats, 'cut'])),
      })),
    );
    return {
      length: counts.reduce((sum, { length }) => sum + length, 0),
      cut: counts.reduce((sum, { cut }) => sum + cut, 0),
    };
  }

  /**
   * The offset of the newest record in each partition, by its number; undefined for a partition without records. After the number of
   * partitions was changed, also in those that the topic had before.
   */
  async newestOffsets(): Promise<(string | undefined)[]> {
    const { connection, generations } = this.#context;
    await generations.checked();
    const newest: (string | undefined)[] = [];
    await Promise.all(
      generations.partitions.map(async ({ number, keys }) => {
        newest[number] = await connection.run(newestId, keys.stream);
      }),
    );
    return Array.from(newest);
  }

  /**
   * Deletes the topic from Redis: its records in all partitions, and its groups with their positions and dead letters. Each
   * partition is deleted in one step. Stop all publishers and consumers first: a running member creates its group again,
   * and a publisher the topic.
   */
  async destroy(): Promise<TopicDestroyResult> {
    const { connection, keys, generations, index } = this.#context;
    const facts = await generations.checked();
    const { current, partitions: present } = generations;
    const others = [...(facts?.emptied ?? [])];
    // Those that a change has made which was interrupted.
    if (facts?.next) others.push({ first: firstBehind(current), count: facts.next });
    const their = others.flatMap(({ first, count }) => {
      return generationOf(this.name, first, count).partitions;
    });
    const partitions = await Promise.all(
      [...present, ...their].map((partition) => connection.run(destroy, partition)),
    );
    const groups = new Set(partitions.flatMap((each) => each.groups));
    const rest = [keys.facts, ...Array.from(groups, (group) => keys.members(group))];
    await connection.call('UNLINK', rest);
    generations.forget();
    await index.remove(this.name);
    return {
      length: partitions.reduce((sum, { length }) => sum + length, 0),
      groups: groups.size,
      dead: partitions.reduce((sum, { dead }) => sum + dead, 0),
    };
  }

  /** Calls `listener` at every `event`; returns what removes it. */
  on<Event extends keyof TopicEvents>(
    event: Event,
    listener: (payload: TopicEvents[Event]) => void,
  ): Unlisten {
    return this.#events.on(event, listener);
  }

  /** Waits for pending publishes, ends the readers and stops the consumers. The connection stays open. */
  async close(): Promise<void> {
    this.#closing.abort();
    const groups = [...this.#groups].map((group) => group.close());
    await Promise.all([this.#publisher.close(), ...groups]);
    await this.#context.index.noted();
  }

  /** The same as `close()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #operation(method: string, count: number, headers: Record<string, string>) {
    const { address } = this.#context.connection;
    return { kind: 'topic' as const, name: this.name, address, method, count, headers };
  }

  #report<Event extends keyof TopicEvents>(event: Event, payload: TopicEvents[Event]): void {
    if (event === 'error' || this.#events.hasListeners(event)) this.#events.emit(event, payload);
    else if (event === 'cut')
      this.#events.emit('error', new CutError(this.name, payload as TopicEvents['cut']));
    else this.#events.emit('error', (payload as TopicEvents['unreadable']).error);
  }
}

/** The same options with more headers. */
function withHeaders<Options extends PublishOptions>(
  options: Options,
  headers: Record<string, string>,
): Options {
  if (Object.keys(headers).length === 0) return options;
  const { headers: own, ...others } = options;
  return { headers: Object.assign({}, own, headers), ...others } as unknown as Options;
}
