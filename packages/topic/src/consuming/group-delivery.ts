import { bodyInJson, type Delivered, Held, type Settler, Slice } from '@redpost/core/consuming';
import { publishedAt } from '../record/offset.js';
import { sizeOf } from '../record/packed-entries.js';
import {
  bodyOf,
  type Fields,
  headersOf,
  isForOthers,
  type RecordHeaders,
  type TopicRecord,
  textField,
} from '../record/record.js';
import type { Taken } from '../scripts/take.js';
import { readBody, type TopicContext } from '../topic-context.js';

/** When the next attempt at a record may begin. */
export interface RecordRetryOptions {
  /** How long to wait before the next attempt, in ms. Default 0: it comes as soon as a handler is free. */
  delayMs?: number | undefined;
}

/**
 * One attempt of a group at one record. It is settled once, by `ack`, `retry` or `deadLetter`. A handler that returns
 * acknowledges the record, and a handler that throws asks for a retry.
 *
 * Each of these calls rejects with `LeaseLostError` when the record no longer belongs to this consumer, and with
 * `ReturnedError` when the consumer was stopped meanwhile and has returned it. In both cases the call changed nothing. A
 * second call rejects with `AlreadySettledError`.
 */
export interface TopicDelivery<Body = unknown> extends TopicRecord<Body> {
  /** Identifies this delivery. No two deliveries have the same receipt, not even two deliveries of one record. */
  readonly receipt: string;
  /** The number of this attempt, from 1. Crashes of consumers count. */
  readonly attempt: number;
  /**
   * Aborted when the lease is lost, or when the deadline of `stop()` has passed. It is not aborted when the partition has
   * to move to another member: then the member waits for its handlers.
   */
  readonly signal: AbortSignal;
  /**
   * Acknowledges the record: the group does not get it again. Resolves when Redis has confirmed that.
   *
   * Rejects with ConnectionError or TimeoutError while Redis is unreachable. The acknowledgement is then sent again in the
   * background for as long as the lease lasts.
   */
  ack(): Promise<void>;
  /**
   * Asks for another attempt, even if the record has had `maxAttempts` already. While Redis is unreachable, this call and
   * `deadLetter` wait for as long as the lease may last.
   */
  retry(options?: RecordRetryOptions): Promise<void>;
  /** Moves the record to the group's dead letters, with a reason. Default reason: `rejected`. */
  deadLetter(reason?: string): Promise<void>;
  /**
   * Renews the lease now, and rejects if the record no longer belongs to this consumer. The heartbeat renews the lease
   * anyway. Use this call after work that has blocked the event loop.
   */
  extend(): Promise<void>;
}

/** The session that holds a record, as the record uses it. */
export interface RecordSettler extends Settler {
  readonly partition: number;
}

/** One attempt of a group at one record, as the session that holds it uses it. */
export class HeldRecord<Body = unknown>
  extends Held<Body, RecordSettler>
  implements TopicDelivery<Body>
{
  readonly offset: string;
  readonly attempt: number;
  readonly isSuspect: boolean;
  readonly #taken: Taken;

  constructor(settler: RecordSettler, taken: Taken) {
    super(settler);
    this.#taken = taken;
    this.offset = taken.offset;
    this.attempt = taken.attempt;
    this.isSuspect = taken.isSuspect;
  }

  get partition(): number {
    return this.settler.partition;
  }

  get receipt(): string {
    return `${this.settler.consumer}-${this.offset}-${this.attempt}`;
  }

  override toJSON(): object {
    const { offset, partition, key, id, body, headers, publishedAt, attempt, receipt } = this;
    const rest = { headers, publishedAt, attempt, receipt };
    return { offset, partition, key, id, body: bodyInJson(body), ...rest };
  }

  get named(): Delivered {
    return { kind: 'record', id: this.offset };
  }

  /** True for a record that was published for another group. */
  isForOthersThan(group: string): boolean {
    return this.#taken.fields !== undefined && isForOthers(this.#taken.fields, group);
  }

  /** The fields as they are in Redis. */
  get fields(): Fields {
    const { fields, body } = this.#taken;
    return fields ?? [Buffer.from('body'), body?.bytes ?? Buffer.alloc(0)];
  }

  get size(): number {
    return sizeOf(this.#taken);
  }

  get key(): string | undefined {
    return this.#taken.fields && textField(this.#taken.fields, 'key');
  }

  get id(): string | undefined {
    return this.#taken.fields && textField(this.#taken.fields, 'id');
  }

  /** @throws DecodeError, but not after the handler was called. */
  get headers(): RecordHeaders {
    return headersOf(this.#taken.fields ?? []);
  }

  get publishedAt(): Date {
    return publishedAt(this.offset);
  }

  /**
   * Makes the body available. Returns a promise only if the schema is asynchronous.
   *
   * @throws DecodeError, ValidationError.
   */
  open(context: TopicContext<Body>): Promise<void> | undefined {
    const { fields } = this.#taken;
    if (fields) headersOf(fields);
    return this.openWith(readBody(context, this.#taken.body ?? Slice.of(bodyOf(fields ?? []))));
  }
}
