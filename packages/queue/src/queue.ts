import {
  ClosedError,
  type Codec,
  connectionOf,
  Emitter,
  InvalidArgumentError,
  type ObservedMessage,
  refuseUnknownOptions,
  type Schema,
  shown,
  type Unlisten,
  type WithoutSchema,
  type WithSchema,
  withDefaults,
} from '@redpost/core';
import {
  checkedHandler,
  describeConsumer,
  HandlerPool,
  isObserved,
  NameIndex,
  observeReceive,
  type Turns,
  untilIdle,
} from '@redpost/core/consuming';
import { type CancelResult, cancel } from './admin/cancel.js';
import { readConsumers } from './admin/consumers.js';
import { DeadLetters } from './admin/dead-letters.js';
import { destroyLists, purgeLists } from './admin/deleting.js';
import { type FoundMessage, find } from './admin/find.js';
import { declareHistory, History } from './admin/history.js';
import { areIdle } from './admin/idle.js';
import {
  type KeyStats,
  type KeysOptions,
  type ListedKey,
  listKeys,
  readKeyStats,
} from './admin/key-stats.js';
import { type PeekedMessage, type PeekOptions, peek } from './admin/peek.js';
import { type QueueStats, readAllStats } from './admin/queue-stats.js';
import type { SearchOptions } from './admin/search.js';
import { readSeries, type SeriesOptions, type SeriesPoint } from './admin/series.js';
import { type MessageChanges, type UpdateResult, update } from './admin/update.js';
import { type BatchHandler, BatchPool } from './consuming/batch-pool.js';
import {
  batchConsumerOptions,
  type CheckedConsume,
  type ConsumeBatchOptions,
  type ConsumeOptions,
  consumerOptions,
  type LeaseOptions,
} from './consuming/consume-options.js';
import { Consumer, type Handler } from './consuming/consumer.js';
import type { Delivery } from './consuming/delivery.js';
import {
  type BatchWrapper,
  batchCall,
  type HandlerWrapper,
  singleCall,
} from './consuming/handler-calls.js';
import type { CreateHandlers } from './consuming/handlers.js';
import { observed } from './consuming/observed.js';
import { type ReceiveOptions, Receiver } from './consuming/receiver.js';
import type { QueueContext } from './context.js';
import { FirstUse } from './foreign/first-use.js';
import { keysOfAny, type QueueKeys, queueKeys } from './keys.js';
import { acceptFollowUps } from './outbox/follow-up.js';
import { DeclaredPartitions } from './partitions/declared-partitions.js';
import { divide } from './partitions/divide.js';
import { checkedPartitions, Partitions } from './partitions/partitions.js';
import { type QueueEvents, queueEventNames } from './queue-events.js';
import { checkedQueueOptions, type QueueOptions } from './queue-options.js';
import { queueOwner } from './queue-owner.js';
import { checkedHistory } from './recording/history-options.js';
import { AllResults } from './results/all-results.js';
import type { MessageResult } from './results/message-result.js';
import { type RequestOptions, request } from './results/request.js';
import type { ResultOptions, WatchOptions } from './results/results.js';
import { DeclaredSchedules } from './schedule/declared-schedules.js';
import type { QueueConsumerInfo } from './scripts/consumers.js';
import { type DestroyOptions, type DestroyResult, destroyOptionNames } from './scripts/destroy.js';
import { type PurgeOptions, type PurgeResult, purgeOptionNames } from './scripts/purge.js';
import { type BatchItem, noOptions, Producer, type SendResult } from './sending/producer.js';
import { SendCalls, type SendWrapper } from './sending/send-calls.js';
import type { SendOptions } from './sending/send-options.js';
import { checkedBounds } from './shape/dead-letter-bounds.js';
import { Declaration } from './shape/declaration.js';
import { DeclaredLimits } from './shape/declared-limits.js';
import { declareBounds } from './shape/declaring-bounds.js';
import {
  type PauseConsumerOptions,
  type PauseKeyOptions,
  type PauseOptions,
  pauseConsumerOf,
  pauseKeyOf,
  pauseQueue,
  resumeConsumerOf,
  resumeKeyOf,
  resumeQueue,
} from './shape/pausing.js';
import { version } from './version.js';

/**
 * Starts a consumer of a queue whose handlers are not its own, with the queue's defaults for what is not given. For
 * `consumeAll`.
 */
export let startShared: <Body>(
  queue: Queue<Body, never>,
  createHandlers: CreateHandlers<Body>,
  options: ConsumeOptions & { turns: Turns; handler: Handler<Body> },
) => Consumer<Body>;

/** A handler of `consumeAll` for messages of this queue, with what surrounds it. */
export let wrapHandler: <Body>(queue: Queue<Body, never>, handler: Handler<Body>) => Handler<Body>;

/**
 * A queue: the Redis list of the same name, with delivery at least once.
 *
 * ```ts
 * const emails = new Queue<Email>('emails', { connection });
 * await emails.send({ to: 'a@example.com' });
 * const consumer = emails.consume(async ({ body }) => deliver(body), { concurrency: 50 });
 * ```
 */
export class Queue<Body = unknown, Input = Body> implements AsyncDisposable {
  /** The name of the queue, and of the Redis list. */
  readonly name: string;
  /** The messages that were given up. */
  readonly deadLetters: DeadLetters<Body, Input>;
  /** Into how many partitions it is divided. */
  readonly partitions: DeclaredPartitions;
  /** What limits its consumers, all of them together. */
  readonly limits: DeclaredLimits;
  /** What it remembers of settled messages, where it has been told to. */
  readonly history: History<Body>;
  /** What is sent at certain times. */
  readonly schedules: DeclaredSchedules<Body, Input>;
  /** Its own list. */
  readonly #context: QueueContext<Body>;
  readonly #partitions: Partitions;
  readonly #defaults: ConsumeOptions;
  readonly #createProducer: () => Producer<Body, Input>;
  /** Made when they are needed: a process may have thousands of queues that it only consumes. */
  #itsProducer: Producer<Body, Input> | undefined;
  #itsSends: SendCalls<Body, Input> | undefined;
  readonly #wrappers: HandlerWrapper[] = [];
  readonly #batchWrappers: BatchWrapper[] = [];
  readonly #results: AllResults;
  readonly #consumers = new Set<Consumer<Body>>();
  readonly #events = new Emitter<QueueEvents<Body>>(queueEventNames);
  readonly #declaration: Declaration | undefined;
  #receiver: Receiver<Body> | undefined;
  #isClosed = false;

  /** @throws InvalidArgumentError for a name that cannot be a queue's, or an impossible option. */
  constructor(name: string, options: QueueOptions<Body, Input> & WithoutSchema<Body>);
  constructor(
    name: string,
    options: Omit<QueueOptions<Body, Input>, 'codec' | 'schema'> & WithSchema<Body, Input>,
  );
  constructor(name: string, options: QueueOptions<Body, Input>);
  constructor(name: string, options: QueueOptions<Body, Input>) {
    const { connection, codec, schema, resultCodec, ...checked } = checkedQueueOptions(options);
    const { sendTimeoutMs, maxMessageBytes, maxLength, replicas, consume } = checked;
    const keys = codec.isDecodeOnly ? keysOfAny(name) : queueKeys(name);
    const isForeign = codec.isDecodeOnly === true;
    this.name = name;
    const shared = {
      name,
      index: new NameIndex(connection, 'queues'),
      codec: codec as Codec,
      schema: schema as Schema<unknown, Body> | undefined,
      resultCodec,
      maxMessageBytes,
    };
    const contextOf = (keys: QueueKeys, mayUse: boolean) => ({
      ...shared,
      keys,
      connection: connectionOf(queueOwner(name, keys), connection),
      firstUse: new FirstUse(connection, name, mayUse),
    });
    this.#context = contextOf(keys, isForeign);
    const wanted = checkedPartitions(options.partitions, isForeign);
    const into = (count: number) => divide(this.#partitions, count, true);
    this.#partitions = new Partitions(this.#context, (keys) => contextOf(keys, true), into, wanted);
    this.partitions = new DeclaredPartitions(this.#partitions);
    this.#defaults = consume;
    this.#createProducer = () =>
      new Producer(this.#context, this.#partitions, {
        timeoutMs: sendTimeoutMs,
        replicas,
        maxMessageBytes,
        maxLength,
        dropped: (count) => this.#events.emit('dropped', { count }),
      });
    const order = consume.order ?? 'fifo';
    this.#results = new AllResults(this.#partitions, connection, order);
    this.#declaration = this.#declare(options);
    acceptFollowUps(this, {
      prepare: (body, given, flow) => this.#sends.prepare(body as Input, given, flow),
      listFor: (message) => this.#producer.listFor(message),
      learn: () => this.#partitions.learn(),
    });
    this.deadLetters = new DeadLetters(
      this.#partitions,
      () => this.#producer,
      () => this.#declaration?.end(),
    );
    this.limits = new DeclaredLimits(this.#partitions);
    this.history = new History(this.#partitions);
    this.schedules = new DeclaredSchedules<Body, Input>(this.#partitions, maxMessageBytes);
  }

  get #producer(): Producer<Body, Input> {
    this.#itsProducer ??= this.#createProducer();
    return this.#itsProducer;
  }

  get #sends(): SendCalls<Body, Input> {
    this.#itsSends ??= new SendCalls(this.#context, this.#producer);
    return this.#itsSends;
  }

  /**
   * Sends a message. Resolves to its id when it is in Redis. Sends of one tick leave together.
   *
   * @throws InvalidArgumentError, EncodeError, ValidationError, MessageTooLargeError: nothing was
   * sent.
   * @throws ConnectionError, TimeoutError, ServerError, OutOfMemoryError, ClosedError: their
   * `outcome` says whether the message is known not to be there.
   * @throws WrongTypeError when the key of that name is no list, NameTakenError when it is one of another system: nothing was sent.
   * @throws NotReplicatedError: the message is there, but on fewer replicas than asked for.
   * @throws QueueFullError when as many messages wait as `maxLength` allows: nothing was sent.
   */
  send(body: Input, options: SendOptions = noOptions): Promise<string> {
    return this.#sends.send(body, options, 'send');
  }

  /**
   * Sends many messages, a thousand per round trip, and tells for each what became of it: one that
   * cannot be sent does not keep the others back.
   */
  sendBatch(items: readonly BatchItem<Input>[]): Promise<SendResult[]> {
    return this.#sends.sendBatch(items);
  }

  /**
   * Sends a message, and resolves to what its handler returns: request and reply, with all that a queue promises. The
   * handler may run in any process, and the request is retried as any message.
   *
   * The answer is stored in Redis, and told on one channel for all queues of this connection. If that notice is lost, the
   * answer is read within a second or when the connection is back, so a request never hangs.
   *
   * @throws HandlerError when the message has become a dead letter: with message, name and code of the handler's error.
   * @throws CancelledError, ExpiredError when the message has ended so.
   * @throws TimeoutError when there was no answer within `timeoutMs`: the message may still be handled.
   * @throws what `send` throws, and the reason of `signal`.
   */
  request<Value = unknown>(body: Input, options: RequestOptions = {}): Promise<Value> {
    const send = (given: Input, sendOptions: SendOptions) =>
      this.#sends.send(given, sendOptions, 'request');
    return request(this.#results, send, body, options);
  }

  /**
   * Tells how a message is now, or how it has ended, if it was sent with `keepResultMs`. With `waitMs`, first waits so long for it
   * to be through. Resolves to undefined when nothing is known of such a message. Where it waits, it is looked for as by `cancel()`.
   *
   * @throws InvalidArgumentError for an argument or option that cannot work.
   * @throws DecodeError when the result cannot be read by `resultCodec`.
   */
  result<Value = unknown>(
    id: string,
    options: ResultOptions = {},
  ): Promise<MessageResult<Value> | undefined> {
    return this.#results.result(id, options);
  }

  /**
   * Iterates over the states and the progress of a message that was sent with `keepResultMs`: first how it is now, last how it
   * has ended. Nothing comes if nothing is known of it. States that last only for a moment can be missed.
   *
   * @throws InvalidArgumentError for an argument or option that cannot work.
   */
  watch<Value = unknown>(
    id: string,
    options: WatchOptions = {},
  ): AsyncGenerator<MessageResult<Value>> {
    return this.#results.watch(id, options);
  }

  /** Calls `handler` for each message, until the consumer is stopped. */
  consume(handler: Handler<Body>, options: ConsumeOptions = {}): Consumer<Body> {
    const given = withDefaults(this.#defaults, options);
    const checked = consumerOptions(given);
    const call = singleCall(this.#context, this.#wrappers, checkedHandler(handler));
    const pool: CreateHandlers<Body> = (host) => new HandlerPool(call, checked.concurrency, host);
    return this.#start(pool, { ...checked, signal: given.signal }, { runs: 'consume', handler });
  }

  /**
   * Calls `handler` for each batch of messages, until the consumer is stopped. A batch is handed over when it has
   * `max` messages or `maxBytes` bytes, or when its first message has waited for `maxWaitMs`.
   *
   * When the handler returns, those that it has not settled are acknowledged; when it throws, they are retried, each
   * by its own attempts. A message that cannot be read becomes a dead letter and is in no batch, and one that had
   * been active when a consumer died comes alone. Defaults are those of `consume`, except for `concurrency`, which
   * is how many batches are handled at a time: 1.
   *
   * With `by: 'key'`, each batch has messages of one key only, oldest first, and that key is busy until all of them are
   * settled.
   *
   * @throws InvalidArgumentError for an option that cannot work.
   */
  consumeBatch(handler: BatchHandler<Body>, options: ConsumeBatchOptions = {}): Consumer<Body> {
    const { concurrency, ...defaults } = this.#defaults;
    const given = withDefaults<ConsumeBatchOptions>(defaults, options);
    const checked = batchConsumerOptions(given);
    const call = batchCall(this.#context, this.#batchWrappers, checkedHandler(handler));
    const pool: CreateHandlers<Body> = (host) => new BatchPool(call, checked, host);
    const startedBy = { runs: 'consumeBatch', handler };
    return this.#start(pool, { ...checked, signal: given.signal }, startedBy);
  }

  /**
   * Adds a function that runs around each call of a handler of `consume` and `consumeAll`, e.g. for logs, transactions or
   * checks. The first one is the outermost. It holds for consumers that are started from now on.
   *
   * ```ts
   * queue.use(async ({ id }, next) => {
   *   console.log('begins', id);
   *   return next();
   * });
   * ```
   *
   * `next()` calls the handler, at most once, and resolves to what that returns or rejects with what it throws. So does the
   * function: what it returns is the result of the message, and what it throws fails the attempt. If it does not call `next()`
   * and returns, the message is acknowledged.
   *
   * @throws InvalidArgumentError for what is no function.
   */
  use(around: HandlerWrapper<Body>): this {
    this.#wrappers.push(checkedHandler(around) as HandlerWrapper);
    return this;
  }

  /**
   * The same around each call of a handler of `consumeBatch`, which gets the deliveries of a batch.
   *
   * @throws InvalidArgumentError for what is no function.
   */
  useBatch(around: BatchWrapper<Body>): this {
    this.#batchWrappers.push(checkedHandler(around) as BatchWrapper);
    return this;
  }

  /**
   * Adds a function that runs around each send of this object: by `send`, `sendBatch` (for each message), `request` and
   * `ack({ send })`, but not by schedules. The first one is the outermost. It may change `body` and `options` of the message
   * before it calls `next()`, which sends it and resolves to its id (with `ack({ send })`, when it is ready to be sent).
   * It returns the id. If it does not call `next()`, nothing is sent.
   *
   * @throws InvalidArgumentError for what is no function.
   */
  useSend<Its extends Input = Input>(around: SendWrapper<Its>): this {
    this.#sends.use(checkedHandler(around) as SendWrapper);
    return this;
  }

  /**
   * Takes one message; undefined when the time is up. It is leased until it is settled with
   * `ack`, `retry` or `deadLetter`; if this process dies, it is delivered again.
   */
  async receive(options: ReceiveOptions = {}): Promise<Delivery<Body> | undefined> {
    if (this.#isClosed) throw new ClosedError('The queue is closed');
    this.#receiver ??= new Receiver(this.#partitions, this.#defaults as LeaseOptions, this.#events);
    const receiver = this.#receiver;
    if (!isObserved('receive')) return receiver.receive(options);
    const { address } = this.#context.connection;
    const messages: ObservedMessage[] = [];
    return observeReceive({ kind: 'queue', name: this.name, address, messages }, async () => {
      const delivery = await receiver.receive(options);
      if (delivery) messages.push(observed(delivery));
      return delivery;
    });
  }

  /** Takes one message after the other, until `signal` is aborted or the loop is left. */
  async *deliveries(
    options: { signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<Delivery<Body>> {
    refuseUnknownOptions('deliveries()', options, { signal: true });
    const { signal } = options;
    while (!signal?.aborted) {
      try {
        const delivery = await this.receive(signal ? { signal } : {});
        if (delivery) yield delivery;
      } catch (error) {
        if (signal?.aborted) return;
        throw error;
      }
    }
  }

  /**
   * Pauses the queue for all consumers, in every process, until `resume()` is called or the time `untilMs` has come.
   * No message moves, and sends, delays, retries and recovery go on; handlers that run are not disturbed.
   *
   * When it resolves, no redpost consumer starts a message of this queue any more: each has returned what it had
   * taken ahead, and has confirmed that. A queue that is paused already gets the new reason and the new end.
   *
   * @throws InvalidArgumentError for an option that cannot work: nothing is changed.
   * @throws UnconfirmedError when a consumer has not confirmed it within `timeoutMs`: the queue is paused, but
   * this consumer may start messages that it had taken before.
   */
  pause(options: PauseOptions = {}): Promise<void> {
    return pauseQueue(this.#partitions, options);
  }

  /** Ends the pause of the queue: its consumers go on at once. Resolves to false when it was not paused. */
  resume(): Promise<boolean> {
    return resumeQueue(this.#partitions);
  }

  /** Counts the messages in each state, and those that wait at each priority. Costs the same however many there are. */
  stats(): Promise<QueueStats>;
  /**
   * Tells of one key how many messages wait and are active, whether it is paused, and before when its next message is not
   * taken. Of a key without messages, too.
   *
   * @throws InvalidArgumentError for what cannot be a key.
   */
  stats(options: { key: string }): Promise<KeyStats>;
  stats(options: { key?: string } = {}): Promise<QueueStats | KeyStats> {
    refuseUnknownOptions('stats()', options, { key: true });
    const { key } = options;
    return key === undefined ? readAllStats(this.#partitions) : readKeyStats(this.#partitions, key);
  }

  /**
   * Tells of each consumer that holds a lease, in every process, what it is and how many messages it holds. Those whose
   * lease has run out are among them until their messages are recovered.
   */
  consumers(): Promise<QueueConsumerInfo[]> {
    return readConsumers(this.#partitions);
  }

  /**
   * Pauses one consumer, in whichever process it is: it starts and takes nothing more until `resumeConsumer()` is called,
   * and the others go on. What it has taken ahead returns to the queue, handlers that run are not disturbed, and it keeps
   * its lease. When it resolves, the consumer has confirmed all of that. One that is paused already gets the new reason.
   *
   * The pause ends with the consumer. A consumer that had confirmed it stays paused when it loses its lease and goes on under
   * another name. A consumer in this process is paused without Redis by `Consumer.pause()`.
   *
   * @param consumer its name, as `consumers()` tells it. Those of `receive()` and `deliveries()` are among them.
   * @throws InvalidArgumentError for an argument or option that cannot work: nothing is changed.
   * @throws ConsumerGoneError when there is no such consumer, or it is gone before it has confirmed the pause.
   * @throws UnconfirmedError when it has not confirmed it within `timeoutMs`: it is paused and takes nothing more, but it may
   * start messages that it had taken before.
   */
  pauseConsumer(consumer: string, options: PauseConsumerOptions = {}): Promise<void> {
    return pauseConsumerOf(this.#partitions, consumer, options);
  }

  /**
   * Ends the pause of one consumer, which goes on at once. Resolves to false when it was not paused.
   *
   * @throws InvalidArgumentError for what is no name.
   */
  resumeConsumer(consumer: string): Promise<boolean> {
    return resumeConsumerOf(this.#partitions, consumer);
  }

  /**
   * Resolves when the queue is idle: nothing is pending, active or delayed. Asks Redis again and again, at growing intervals
   * up to half a second.
   *
   * @throws the reason of the signal, and what `stats()` throws.
   */
  async idle(options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    refuseUnknownOptions('idle()', options, { signal: true });
    await untilIdle(() => areIdle(this.#partitions), options.signal);
  }

  /**
   * What its consumers have settled in each minute or hour, and how long messages waited and handlers ran: of the last hour,
   * or as asked for. Consumers add what they have counted with each heartbeat. Times are measured of the first 200 messages
   * between two heartbeats and of every 512th after them; counts are exact, except for what a process that died had not added.
   *
   * @throws InvalidArgumentError for an option that cannot work.
   */
  series(options: SeriesOptions = {}): Promise<SeriesPoint[]> {
    return readSeries(this.#partitions, options);
  }

  /**
   * Lists keys whose messages wait: those with the most messages, or those whose next message has been the next one for
   * the longest time. Keys whose messages are all active or delayed are not listed. Or lists the keys that handlers had for
   * longest lately, whether messages of theirs wait or not. Costs the same however many keys there are.
   *
   * @throws InvalidArgumentError for an option that cannot work.
   */
  async keys(options: KeysOptions = {}): Promise<ListedKey[]> {
    return listKeys(this.#partitions, options);
  }

  /**
   * Pauses a key: its messages wait, those of others go on. Sends go on, and handlers that run are not disturbed.
   * Resolves when all consumers have confirmed that; from then on none of its messages starts anywhere. A key that is
   * paused already gets the new end.
   *
   * @throws InvalidArgumentError for an option that cannot work: nothing is changed.
   * @throws UnconfirmedError when not all have confirmed it within `timeoutMs`. The key is paused all the same.
   */
  pauseKey(key: string, options: PauseKeyOptions = {}): Promise<void> {
    return pauseKeyOf(this.#partitions, key, options);
  }

  /** Ends the pause of a key. Resolves to false when it was not paused. */
  resumeKey(key: string): Promise<boolean> {
    return resumeKeyOf(this.#partitions, key);
  }

  /**
   * Returns messages without taking them, `count` at most (default 10): the next ones to be delivered, by priority, and of
   * each key the next one, if it may be taken now; or with `state`, those that are delayed or active.
   *
   * @throws InvalidArgumentError for an argument or option that cannot work.
   */
  async peek(count = 10, options: PeekOptions = {}): Promise<PeekedMessage<Body>[]> {
    return peek(this.#partitions, count, this.#defaults.order ?? 'fifo', options);
  }

  /**
   * Cancels a message, wherever it is and whichever process has it: it is not delivered again. A message that waits is
   * deleted; of one that a consumer has, the `signal` of the delivery is aborted with a `CancelledError`, usually within
   * some ms, and whatever its handler does with it from then on changes nothing. Its key, its `once` and its place among
   * the `concurrency` are free at once.
   *
   * Whether the message was cancelled or acknowledged is decided once, in Redis: it resolves to `gone` when the message was
   * settled before, or is not known. A message that waits is looked for by many short calls: see `SearchOptions`. The list is
   * looked through as `consume.order` of this object says.
   *
   * @param reason goes into the `CancelledError`. Default: none.
   * @throws InvalidArgumentError for an argument or option that cannot work: nothing is changed.
   * @throws SearchLimitError when it is not among the first `maxScanned` messages that wait.
   */
  cancel(id: string, reason = '', options: SearchOptions = {}): Promise<CancelResult> {
    const order = this.#defaults.order ?? 'fifo';
    return cancel(this.#partitions, id, reason, order, options);
  }

  /**
   * Looks for a message by its id. Resolves to the message, with its state, if it waits; to `'active'` if a consumer has
   * it; to undefined if there is none. Active and delayed messages are looked at first, which are few as a rule; those in
   * the list, in steps of some thousands, may take a while.
   *
   * @throws InvalidArgumentError for an option that cannot work.
   * @throws SearchLimitError when it was not found among the first `maxScanned` messages.
   */
  find(
    id: string,
    options: SearchOptions = {},
  ): Promise<FoundMessage<Body> | 'active' | undefined> {
    return find(this.#partitions, id, this.#defaults.order ?? 'fifo', options);
  }

  /**
   * Changes a message that waits, wherever it is, in one step: a consumer has it as it was, and then it resolves to
   * `'active'`, or as it is now. It keeps its id, key, `once`, headers and attempts; its place, too, unless it is delayed or
   * gets another priority. If it expires, its time to live is what it was, counted from when it is due.
   *
   * @throws InvalidArgumentError for a change that cannot be: nothing has changed.
   * @throws EncodeError, ValidationError, MessageTooLargeError for a body that cannot be: nothing has changed.
   * @throws SearchLimitError when it was not found among the first `maxScanned` messages.
   */
  update(
    id: string,
    changes: MessageChanges<Input>,
    options: SearchOptions = {},
  ): Promise<UpdateResult> {
    const host = {
      order: this.#defaults.order ?? 'fifo',
      maxMessageBytes: this.#context.maxMessageBytes,
    };
    return update(this.#partitions, id, changes, host, options);
  }

  /**
   * Forgets all pending and delayed messages, and tells how many there were. Schedules stay. That is one step in Redis, unless messages
   * of more than 1000 keys wait: these are forgotten for 1000 keys at a time, and what is sent meanwhile may go too.
   *
   * @throws InvalidArgumentError for an option that does not exist.
   */
  async purge(options: PurgeOptions = {}): Promise<PurgeResult> {
    refuseUnknownOptions('purge()', options, purgeOptionNames);
    return purgeLists(await this.#partitions.all(), options);
  }

  /**
   * Deletes the queue from Redis: messages in every state, dead letters, counters, leases, limits, pauses and schedules. That is
   * one step in Redis, unless messages of more than 1000 keys wait: then these are deleted first, for 1000 keys at a time.
   * Stop its consumers first: one that runs is told by `lost`, and goes on with what is sent from then
   * on, so the queue exists again.
   *
   * @throws InvalidArgumentError for an option that does not exist.
   */
  async destroy(options: DestroyOptions = {}): Promise<DestroyResult> {
    refuseUnknownOptions('destroy()', options, destroyOptionNames);
    const { deleted, isThrough } = await destroyLists(await this.#partitions.all(), options);
    if (!isThrough) return deleted;
    this.#partitions.forget();
    await this.#context.index.remove(this.name);
    return deleted;
  }

  /**
   * What happens in the background of the constructor (`deadLetters`), of `receive` and of `deliveries`, and what was
   * dropped for new messages.
   */
  on<Event extends keyof QueueEvents<Body>>(
    event: Event,
    listener: (payload: QueueEvents<Body>[Event]) => void,
  ): Unlisten {
    return this.#events.on(event, listener);
  }

  /**
   * Waits for what is being sent, stops the consumers and leaves the connection open. A send that waits for room
   * (`maxLength`) rejects with `ClosedError`.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#results.close();
    const consumers = [...this.#consumers].map((consumer) => consumer.stop());
    await Promise.all([
      this.#producer.close(),
      this.#receiver?.close(),
      this.#declaration?.end(),
      ...consumers,
    ]);
    await this.#context.index.noted();
  }

  /** The same as `close()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  static {
    wrapHandler = (queue, handler) => {
      if (!(#defaults in queue)) return handler;
      return singleCall(queue.#context, queue.#wrappers, handler);
    };
    startShared = (queue, createHandlers, { turns, handler, ...options }) => {
      if (!(#defaults in queue)) {
        throw new InvalidArgumentError(
          `consumeAll() gets names, or objects of the class Queue that was imported from where consumeAll was, got ${shown(queue)}`,
        );
      }
      const given = withDefaults(queue.#defaults, options);
      const checked = { ...consumerOptions(given), signal: given.signal };
      return queue.#start(createHandlers, checked, { runs: 'consumeAll', handler }, turns);
    };
  }

  #start(
    createHandlers: CreateHandlers<Body>,
    options: CheckedConsume & { signal: AbortSignal | undefined },
    startedBy: { runs: string; handler: unknown },
    turns?: Turns,
  ): Consumer<Body> {
    if (this.#isClosed) throw new ClosedError('The queue is closed');
    const { concurrency } = options;
    const about = describeConsumer({ version, concurrency, ...startedBy });
    const consumer = new Consumer(this.#partitions, createHandlers, { ...options, about }, turns);
    this.#consumers.add(consumer);
    consumer.on('stopped', () => this.#consumers.delete(consumer));
    return consumer;
  }

  #declare({ deadLetters, history }: QueueOptions<Body, Input>): Declaration | undefined {
    if (deadLetters === undefined && history === undefined) return undefined;
    const bounds = deadLetters === undefined ? undefined : checkedBounds(deadLetters);
    const settings = history === undefined ? undefined : checkedHistory(history);
    return new Declaration(
      async (isOver) => {
        const lists = await this.#partitions.all();
        if (history !== undefined) await declareHistory(lists, settings);
        if (bounds) await declareBounds(lists, bounds, isOver);
      },
      (error) => this.#events.emit('error', error),
    );
  }
}
