import {
  asError,
  type CallOptions,
  ClosedError,
  type Complete,
  isRedpostError,
  refuseTooLarge,
  SendOrder,
  TickBatch,
} from '@redpost/core';
import { areObserved, fail, type OnItsWay, reportSent } from '@redpost/core/consuming';
import type { Generation, TopicPartition } from '../partitions/generation.js';
import { isClosed } from '../scripts/is-closed.js';
import { type OutgoingRecord, type PublishResult, publish } from '../scripts/publish.js';
import { trim } from '../scripts/trim.js';
import { type TopicContext, writeBody } from '../topic-context.js';
import { partitionOf } from '../topic-keys.js';
import type { CheckedRetention, Deduplication } from '../topic-options.js';
import { FormerIds } from './former-ids.js';
import { FormerRetention } from './former-retention.js';
import { Moving, type Refusal } from './moving.js';
import {
  checkPublishOptions,
  noPublishOptions,
  type PublishOptions,
  type TopicItem,
  type TopicPublishResult,
} from './publish-options.js';

export interface TopicPublisherOptions {
  retention: CheckedRetention | undefined;
  deduplication: Complete<Deduplication>;
  timeoutMs: number | undefined;
  replicas: number;
  /** Retention removed records that some group had not acknowledged. */
  cut(partition: number, records: number): void;
  failed(error: Error): void;
}

interface Waiting extends OutgoingRecord, OnItsWay {
  /** The number of the partition that has it, once it is published. */
  partition: number;
  /** Resolves the promise of the caller. It and `reject` are set when the record is put into a batch. */
  resolve: (offset: string) => void;
}

/** All records of a topic are in one line, and wait for those before them. */
const onlyLine = '';

/** The most records and bytes of one script: few, so that the server executes one while the next one is written. */
const limits = { count: 50, bytes: 64 * 1024 };

/** Publishes records. Those of one tick are sent together, in scripts of at most fifty records per partition. */
export class TopicPublisher<Input> {
  readonly #context: TopicContext;
  readonly #options: TopicPublisherOptions;
  readonly #deadline: CallOptions;
  /** The generation that records are published to, and a batch for each of its partitions. */
  #generation!: Generation;
  #batches: readonly TickBatch<Waiting>[] = [];
  readonly #formerIds: FormerIds;
  readonly #formerRetention: FormerRetention | undefined;
  readonly #moving: Moving<Waiting>;
  readonly #unsettled = new Set<Promise<unknown>>();
  readonly #order = new SendOrder();
  /** The partition of the next record without a key. */
  #nextPartition = Math.floor(Math.random() * 1024);
  #isClosed = false;

  constructor(context: TopicContext, options: TopicPublisherOptions) {
    this.#context = context;
    this.#options = options;
    this.#deadline = { timeoutMs: options.timeoutMs };
    this.#formerIds = new FormerIds(context, options.deduplication.windowMs);
    const { retention, cut, failed, timeoutMs } = options;
    if (retention) {
      this.#formerRetention = new FormerRetention(context, { retention, cut, failed, timeoutMs });
    }
    this.#moving = new Moving<Waiting>(context, {
      flush: () => this.#flush(),
      begin: (generation, records) => {
        this.#begin(generation);
        for (const record of records) this.#put(record);
      },
      failed: fail,
    });
    this.#begin(context.generations.current);
  }

  publish(body: Input, options: PublishOptions): Promise<string> {
    try {
      return this.#submit(this.#prepare(options), body);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async publishBatch(items: Iterable<TopicItem<Input>>): Promise<TopicPublishResult[]> {
    const records: Waiting[] = [];
    const published = Array.from(items, async ({ body, ...options }, at) => {
      const record = this.#prepare(options);
      records[at] = record;
      return this.#submit(record, body);
    });
    const settled = await Promise.allSettled(published);
    return settled.map((result, at) =>
      result.status === 'fulfilled'
        ? { status: 'published', partition: records[at]?.partition ?? 0, offset: result.value }
        : { status: 'failed', error: result.reason },
    );
  }

  /** Resolves when everything that was published is settled. Nothing more can be published. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#flush();
    await Promise.allSettled(this.#unsettled);
    // Records that waited in the line have only been sent now.
    if (this.#unsettled.size > 0) await this.close();
  }

  #prepare(options: PublishOptions): Waiting {
    if (this.#isClosed) throw new ClosedError('The topic is closed');
    if (options !== noPublishOptions) checkPublishOptions(options);
    const { key = '', headers, id = '' } = options;
    const record = newRecord(key, headers ? JSON.stringify(headers) : '', id);
    refuseTooLarge(record.headers, this.#context.maxMessageBytes);
    return record;
  }

  #submit(record: Waiting, body: Input): Promise<string> {
    const bytes = writeBody(this.#context, body);
    const mayBeKnown = record.id !== '' && this.#formerIds.mayKnow;
    if (bytes instanceof Promise || !this.#isFree || mayBeKnown) {
      return this.#addInOrder(record, bytes);
    }
    return this.#add(record, bytes);
  }

  /** From now on, records are published to these partitions. */
  #begin(generation: Generation): void {
    const { name, connection, index } = this.#context;
    const destination = { kind: 'topic', name, address: connection.address } as const;
    this.#generation = generation;
    this.#batches = generation.partitions.map(
      (partition) =>
        new TickBatch<Waiting>(limits, (records) => {
          const send = () => this.#send(generation, partition, records);
          this.#track(areObserved('sent') ? reportSent(destination, records, send) : send());
          index.note(name);
        }),
    );
  }

  /** Records with a key or an id have a fixed partition, the others take turns (round-robin). */
  #placeFor(key: string): number {
    const count = this.#batches.length;
    if (key) return partitionOf(key, count);
    this.#nextPartition += 1;
    return this.#nextPartition % count;
  }

  get #isFree(): boolean {
    return this.#context.generations.isDeclared && this.#order.isFree(onlyLine);
  }

  /** Keeps the order while records wait for an asynchronous schema, or until it is known where they go. */
  #addInOrder(record: Waiting, body: Waiting['body'] | Promise<Waiting['body']>): Promise<string> {
    const { id, key } = record;
    const known = id === '' ? undefined : this.#formerIds.find(id, key);
    const ready = Promise.all([body, known, this.#context.generations.declared()]);
    const sent = this.#order.wait(onlyLine, ready, async ([its, place]) => {
      if (!place) return this.#add(record, its);
      record.partition = place.partition;
      return place.offset;
    });
    return this.#track(sent);
  }

  #add(record: Waiting, body: Waiting['body']): Promise<string> {
    return new Promise((resolve, reject) => {
      record.body = body;
      record.resolve = resolve;
      record.reject = reject;
      // Another part of this process may have learned of a change.
      if (this.#generation !== this.#context.generations.current) this.#move();
      if (this.#moving.isUnderWay) this.#moving.wait(record);
      else this.#put(record);
    });
  }

  #move(): void {
    if (!this.#moving.isUnderWay) this.#track(this.#moving.begin(this.#generation));
  }

  #flush(): void {
    for (const batch of this.#batches) batch.flush();
  }

  #put(record: Waiting): void {
    const { body, key, headers, id } = record;
    const size = body.length + key.length + headers.length + id.length;
    this.#batches[this.#placeFor(key || id)]?.add(record, size);
  }

  async #send(
    generation: Generation,
    partition: TopicPartition,
    records: Waiting[],
  ): Promise<void> {
    this.#moving.sends();
    try {
      const appended = this.#append(generation, partition, records);
      // In the same round trip, so that retention has been applied when the promise resolves.
      const trimmed = this.#trim(partition);
      const result = await appended;
      await trimmed;
      if (result === 'missing') this.#refused(records, result);
      else
        records.forEach((record, at) => {
          record.partition = partition.number;
          record.resolve(result[at] as string);
        });
    } catch (error) {
      if (await this.#wasClosed(partition, error)) this.#refused(records, 'closed');
      else for (const record of records) fail(record, error);
    }
    this.#moving.answered();
  }

  #refused(records: Waiting[], refusal: Refusal): void {
    // They are in other batches from now on.
    this.#moving.refused(records.splice(0), refusal);
    this.#move();
  }

  /** Whether Redis has refused records because the partition gets no more. It is asked only then, so that publishing costs nothing more. */
  async #wasClosed({ keys }: TopicPartition, error: unknown): Promise<boolean> {
    if (!isRedpostError(error, 'SERVER')) return false;
    try {
      return await this.#context.connection.run(isClosed, { keys }, this.#deadline);
    } catch {
      // The caller is told the first error.
      return false;
    }
  }

  #append(
    { first }: Generation,
    { keys }: TopicPartition,
    records: Waiting[],
  ): Promise<PublishResult> {
    const { deduplication, replicas } = this.#options;
    const options = { replicas, line: keys.stream, ...this.#deadline };
    // The streams of later generations are made before they are announced. One that is missing was lost, and perhaps all else, too.
    const input = { keys, records, mayCreate: first === 0, ...deduplication };
    return this.#context.connection.run(publish, input, options);
  }

  async #trim({ keys, number: partition }: TopicPartition): Promise<void> {
    const { retention, cut, failed } = this.#options;
    if (!retention) return;
    if (this.#formerRetention?.isDue) this.#track(this.#formerRetention.apply());
    try {
      const input = { keys, ...retention };
      const records = await this.#context.connection.run(trim, input, this.#deadline);
      if (records > 0) cut(partition, records);
    } catch (error) {
      // The records are published, so their promises do not reject. After `CLOSED`, the callers have been told already.
      if (!isRedpostError(error, 'CLOSED')) failed(asError(error));
    }
  }

  #track<Result>(promise: Promise<Result>): Promise<Result> {
    const forget = () => void this.#unsettled.delete(promise);
    this.#unsettled.add(promise);
    promise.then(forget, forget);
    return promise;
  }
}

/** A record whose body and promise are set when it is put into a batch. */
function newRecord(key: string, headers: string, id: string): Waiting {
  return { body: '', key, headers, id, partition: 0, resolve: notYet, reject: notYet };
}

function notYet(): void {}
