import {
  asError,
  type Codec,
  type Connection,
  checkedConnection,
  connectionOf,
  InvalidArgumentError,
  json,
  type NamesOf,
  refuseUnknownOptions,
  shown,
  TickBatch,
  wholeNumber,
} from '@redpost/core';
import { NameIndex } from '@redpost/core/consuming';
import { keysAt, nameOfList, type QueueKeys } from '../keys.js';
import { readStored, type StoredMessage } from '../message/stored-message.js';
import { type FollowUp, type PreparedFollowUp, prepareFollowUp } from '../outbox/follow-up.js';
import { Outbox } from '../outbox/outbox.js';
import { queueOwner } from '../queue-owner.js';
import {
  type FlowStanding,
  flowCancel,
  flowClose,
  flowOpen,
  flowSend,
  type MembersToSend,
  packMembers,
} from '../scripts/flow.js';
import { newId } from '../sending/message-id.js';
import type { SendResult } from '../sending/producer.js';
import { longestMs } from '../sending/send-options.js';
import { FlowOverError } from './errors.js';
import { type FlowCounts, type FlowName, type FlowOver, flowNameIn } from './flow-end.js';
import { type FlowResult, flowResultOf } from './flow-result.js';
import { packFields } from './pack-fields.js';
import { scanned } from './scanned.js';

/** A message of a flow, with what it is sent with: that of `send`, without `once`, `throttle`, `debounce`, `bare` and `replicas`. */
export type FlowMessage = Omit<FollowUp, 'bare'>;

/** What a flow is. */
export interface FlowOptions {
  /** What `connect()` returned. It is shared, and never closed here. */
  connection: Connection;
  /** The message that is sent when all members have ended: the continuation. `delivery.flowEnd` tells its handler how they have. */
  then: FlowMessage;
  /**
   * What a member does that becomes a dead letter: `continue` only counts it, `cancel-rest` cancels the flow. Default
   * `continue`.
   */
  onDead?: 'continue' | 'cancel-rest' | undefined;
  /** Keep what each member has returned, or why it has failed: see `results()`. Default false: nothing grows with the members. */
  results?: boolean | undefined;
  /**
   * The id of the flow: 1 to 256 letters, digits, and `_ . - @ /`. A flow that is there already is not opened again, so a
   * handler that is repeated finds its flow. Default: a new id.
   */
  id?: string | undefined;
  /** The flow that the continuation is a member of: that one goes on when this one has ended and its continuation, too. Default: none. */
  memberOf?: Flow | undefined;
  /**
   * How long a flow may stay open after all its members have ended, in ms. After that it ends as `idle`, because the process
   * that opened it has probably died. At least 1000. Default: an hour.
   */
  idleMs?: number | undefined;
  /** For how long its counts and results are kept when it is over, in ms. Default: a day. */
  keepMs?: number | undefined;
}

/** Which flow it is. */
export interface FlowReference {
  /** What `connect()` returned. */
  connection: Connection;
  /** The queue that it continues in, as `Flow.queue` and `delivery.flow` tell it. */
  queue: string;
  /** Its id. */
  id: string;
}

/** Which flows are listed. */
export interface FlowListOptions {
  /** What `connect()` returned. */
  connection: Connection;
  /** The name of the queue that they continue in, with all its partitions. */
  queue: string;
}

/** How far a flow is. */
export interface FlowStatus extends FlowCounts {
  /**
   * - `open`: more members may come.
   * - `closed`: its members have to end; those may send more of them.
   * - `over`: its continuation was sent.
   */
  readonly state: 'open' | 'closed' | 'over';
  /** Why it is over; undefined while it is not. */
  readonly over: FlowOver | undefined;
  /** How many members have not ended. */
  readonly pending: number;
  /** When it was opened, by the server's clock. */
  readonly openedAt: Date;
  /** What a member does that becomes a dead letter. */
  readonly onDead: 'continue' | 'cancel-rest';
  /** The flow that its continuation is a member of, if it is one. */
  readonly memberOf: FlowName | undefined;
}

const optionNames: NamesOf<FlowOptions> = {
  connection: true,
  then: true,
  onDead: true,
  results: true,
  id: true,
  memberOf: true,
  idleMs: true,
  keepMs: true,
};
const referenceNames: NamesOf<FlowReference> = { connection: true, queue: true, id: true };
const listNames: NamesOf<FlowListOptions> = { connection: true, queue: true };

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** What one script sends at most: it holds up everything else meanwhile, and the first members are handled while it sends others. */
const limits = { count: 250, bytes: 500_000 };
/** How many results are read at a time. */
const resultsAtOnce = 200;
/** What is read of a flow to tell how far it is; and what the fields begin with that say where its members are: see scripts/parts/flow.lua. */
const statusFields = [
  ...['opened', 'on_dead', 'of', 'closed', 'over', 'sent'],
  ...['done', 'dead', 'expired', 'cancelled'],
];
const queueField = 'at:';
const validId = /^[\w.@/-]{1,256}$/;

/** Whether it is a flow of this copy of the package, whose parts can be used. */
let isFlow: (value: unknown) => boolean;

interface Sending {
  member: PreparedFollowUp;
  sent(): void;
  failed(error: unknown): void;
}

/**
 * A set of messages in any queues, its members, and one message that is sent when all of them have ended, its continuation.
 * Each member ends once, as done, dead, expired or cancelled, whichever processes die, and there is exactly one continuation.
 *
 * ```ts
 * const flow = await Flow.open({ connection, then: { queue: reports, body: { month: '2027-03' } } });
 * for (const customer of customers) await flow.send(invoices, { customer });
 * await flow.close();
 * ```
 *
 * Handlers of members may send more of them, also after `close()`: `Flow.of({ connection, ...delivery.flow })`.
 */
export class Flow {
  /** Its id. */
  readonly id: string;
  /** The name of the queue that it continues in; where that has partitions, the list of one of them, e.g. `{reports:2}`. */
  readonly queue: string;
  readonly #connection: Connection;
  readonly #keys: QueueKeys;
  readonly #outbox: Outbox;
  /** The index of all queues: that the flow continues in this one may be all that is known of it. */
  readonly #index: NameIndex;
  /** As headers name it: see scripts/parts/member.lua. Read when it is needed. */
  #name: string | undefined;

  private constructor(connection: Connection, queue: string, id: string, name?: string) {
    this.id = id;
    this.queue = queue;
    this.#name = name;
    this.#keys = keysAt(queue);
    this.#connection = connectionOf(queueOwner(queue, this.#keys), connection);
    this.#index = new NameIndex(connection, 'queues');
    const context = {
      ...{ connection: this.#connection },
      ...{ keys: this.#keys, index: this.#index },
    };
    // What is not relayed now, the consumers of the queue relay, and tell why they cannot.
    this.#outbox = new Outbox(context, () => {});
  }

  /**
   * Opens a flow. Where there is one with this id, it is that one, also if it is over.
   *
   * @throws InvalidArgumentError for an option that cannot work, and what `send` throws for the continuation: nothing was opened.
   * @throws FlowOverError when `memberOf` is over: nothing was opened.
   * @throws ConnectionError, TimeoutError, ServerError, OutOfMemoryError, ClosedError, when Redis cannot be asked.
   */
  static async open(options: FlowOptions): Promise<Flow> {
    const connection = checkedConnection('A flow', options);
    refuseUnknownOptions('Flow.open()', options, optionNames);
    const { id = newId(), onDead = 'continue', results = false, memberOf } = options;
    const { idleMs = hourMs, keepMs = dayMs } = options;
    checkId(id);
    wholeNumber('idleMs', idleMs, { min: 1000, max: longestMs });
    wholeNumber('keepMs', keepMs, { min: 1, max: longestMs });
    if (onDead !== 'continue' && onDead !== 'cancel-rest') {
      throw new InvalidArgumentError(`onDead is 'continue' or 'cancel-rest', got ${shown(onDead)}`);
    }
    if (typeof results !== 'boolean') {
      throw new InvalidArgumentError(`results is true or false, got ${shown(results)}`);
    }
    if (memberOf !== undefined && !isFlow(memberOf)) {
      throw new InvalidArgumentError(`memberOf is a flow, got ${shown(memberOf)}`);
    }
    const outer = memberOf && (await memberOf.#nameInHeaders());
    const then = await prepareFollowUp(
      options.then as FollowUp,
      'The continuation of a flow',
      outer ?? '',
    );
    const name = `${results ? '+' : ''}${id}:${then.target}`;
    const flow = new Flow(connection, then.target, id, name);
    const { element, delayMs, at, ttlMs } = then;
    const fields = [
      ...['name', name, 'then', element, 'delay', at ? `@${at}` : String(delayMs)],
      ...['ttl', String(ttlMs), 'on_dead', onDead],
      ...['keep_ms', String(keepMs), 'idle_ms', String(idleMs)],
      ...(outer === undefined ? [] : ['of', outer]),
    ];
    if (memberOf) {
      await memberOf.#sendAll([{ target: then.target, opens: id, packed: packFields(fields) }]);
      await memberOf.#outbox.idle();
    } else if (!(await flow.#connection.run(flowOpen, { keys: flow.#keys, id, fields }))) {
      // The one that is there may ask for results, or not.
      flow.#name = undefined;
    }
    flow.#index.note(nameOfList(then.target));
    return flow;
  }

  static {
    isFlow = (value) => typeof value === 'object' && value !== null && #keys in value;
  }

  /** A flow that was opened before, in any process: `Flow.of({ connection, ...delivery.flow })` is that of a member. */
  static of(reference: FlowReference): Flow {
    const connection = checkedConnection('A flow', reference);
    refuseUnknownOptions('Flow.of()', reference, referenceNames);
    const { queue, id } = reference;
    checkId(id);
    return new Flow(connection, queue, id);
  }

  /**
   * Iterates over the flows that continue in a queue and are not over, in no order. One that is opened or ends meanwhile may be
   * among them or not.
   *
   * @throws InvalidArgumentError for an option that cannot work.
   * @throws ConnectionError, TimeoutError, ServerError, ClosedError, when Redis cannot be asked.
   */
  static async *list(options: FlowListOptions): AsyncGenerator<Flow> {
    const connection = checkedConnection('Flow.list()', options);
    refuseUnknownOptions('Flow.list()', options, listNames);
    const { queue } = options;
    const { flows } = keysAt(queue);
    const listed = new Set<string>();
    for await (const [id] of scanned(connection, 'ZSCAN', flows)) {
      // A scan may tell of one more than once.
      if (!listed.has(id)) yield new Flow(connection, queue, id);
      listed.add(id);
    }
  }

  /**
   * Sends a member. Resolves to its id when it is counted and stored, in one step in Redis; it is with its queue a moment
   * later, whichever process dies. Members are not refused for `maxLength` or `keyMaxLength`. Sends of one tick leave together.
   *
   * @throws FlowOverError when the flow is over: nothing was sent.
   * @throws what `Queue.send` throws.
   */
  async send(
    queue: FlowMessage['queue'],
    body: unknown,
    options: Omit<FlowMessage, 'queue' | 'body'> = {},
  ): Promise<string> {
    const name = await this.#nameInHeaders();
    const item = { ...options, queue, body };
    return new Promise((sent, failed) => this.#submit(item, name, sent, failed));
  }

  /**
   * Sends many members, 250 per round trip, and tells for each what became of it: one that cannot be sent does not
   * keep the others back.
   */
  async sendBatch(items: readonly FlowMessage[]): Promise<SendResult[]> {
    if (items.length === 0) return [];
    const failure = (item: FlowMessage, error: unknown): SendResult => {
      return { status: 'failed', id: item?.id, error };
    };
    let name: string;
    try {
      name = await this.#nameInHeaders();
    } catch (error) {
      return items.map((item) => failure(item, error));
    }
    return new Promise((resolve) => {
      const results: SendResult[] = [];
      let left = items.length;
      items.forEach((item, at) => {
        const note = (result: SendResult) => {
          results[at] = result;
          left -= 1;
          if (left === 0) resolve(results);
        };
        const sent = (id: string) => note({ status: 'sent', id });
        this.#submit(item, name, sent, (error) => note(failure(item, error)));
      });
    });
  }

  /**
   * Closes the flow: its continuation is sent as soon as all members have ended. Until then they may send more of them.
   * Resolves when that is in Redis, and what was sent by this object is with its queues, if they can be reached.
   *
   * @throws FlowOverError when there is none of this id. One that is over stays so.
   */
  async close(): Promise<void> {
    const standing = await this.#connection.run(flowClose, { keys: this.#keys, id: this.id });
    if (standing === undefined) throw this.#over(standing);
    await this.#outbox.idle();
  }

  /**
   * Cancels the flow: members that have not ended count as cancelled at once, and the continuation is sent. They are not
   * started any more, and the signals of those that a consumer has are aborted with a `CancelledError`. Resolves to false
   * when the flow was over, or there is none.
   */
  async cancel(): Promise<boolean> {
    const wasRunning = await this.#connection.run(flowCancel, { keys: this.#keys, id: this.id });
    if (!wasRunning) return false;
    await this.#outbox.check();
    await this.#outbox.idle();
    return true;
  }

  /** Tells how far it is; undefined if there is none, or none any more. Costs the same however many members there are. */
  async status(): Promise<FlowStatus | undefined> {
    const values = (await this.#connection.call('HMGET', [
      this.#key,
      ...statusFields,
    ])) as (Buffer | null)[];
    const [opened, onDead, of, closed, over, sent, ...counts] = values.map(
      (value) => value && String(value),
    );
    if (!opened) return undefined;
    const [done, dead, expired, cancelled] = counts.map(Number) as [number, number, number, number];
    return {
      state: over ? 'over' : closed ? 'closed' : 'open',
      over: (over ?? undefined) as FlowOver | undefined,
      pending: Number(sent) - done - dead - expired - cancelled,
      ...{ done, dead, expired, cancelled },
      openedAt: new Date(Number(opened)),
      onDead: onDead as FlowStatus['onDead'],
      memberOf: flowNameIn(of),
    };
  }

  /**
   * The message that is sent when all members have ended; undefined if it was sent, or there is no such flow.
   *
   * @param codec of the queue. Default `json()`.
   */
  async continuation<Body = unknown>(
    codec: Codec = json(),
  ): Promise<StoredMessage<Body> | undefined> {
    const element = (await this.#connection.call('HGET', [this.#key, 'then'])) as Buffer | null;
    return element ? readStored<Body>({ codec, schema: undefined }, element) : undefined;
  }

  /** How many members have not ended in each queue, on their way to it included. Costs more with the number of queues only. */
  async pendingByQueue(): Promise<ReadonlyMap<string, number>> {
    const pending = new Map<string, number>();
    const fields = scanned(this.#connection, 'HSCAN', this.#key, 'MATCH', `${queueField}*`);
    for await (const [field, count] of fields) {
      pending.set(field.slice(queueField.length), Number(count));
    }
    return pending;
  }

  get #key(): string {
    return `${this.#keys.flow}${this.id}`;
  }

  /**
   * Iterates over the results of the members that have ended, in the order in which this was told, if it was opened with
   * `results`. Members that were purged, dropped or deleted with their queue have none.
   *
   * @param codec of the results: `resultCodec` of the queues. Default `json()`.
   * @throws DecodeError for a result that the codec cannot read.
   */
  async *results<Value = unknown>(codec: Codec = json()): AsyncGenerator<FlowResult<Value>> {
    const key = `${this.#keys.flowResults}${this.id}`;
    for (let first = 0; ; first += resultsAtOnce) {
      const last = first + resultsAtOnce - 1;
      const page = (await this.#connection.call('LRANGE', [key, first, last])) as Buffer[];
      for (const bytes of page) yield flowResultOf<Value>(codec, bytes);
      if (page.length < resultsAtOnce) return;
    }
  }

  /** Sends a member, and then calls one of the two: a promise for each would cost more than all else that is done here. */
  #submit(
    item: FlowMessage,
    name: string,
    sent: (id: string) => void,
    failed: (error: unknown) => void,
  ): void {
    const add = (member: PreparedFollowUp) => {
      this.#batch.add({ member, sent: () => sent(member.id), failed }, member.element.length);
    };
    try {
      const member = prepareFollowUp(item as FollowUp, 'A member of a flow', name);
      if (member instanceof Promise) member.then(add, failed);
      else add(member);
    } catch (error) {
      failed(error);
    }
  }

  readonly #batch = new TickBatch<Sending>(limits, (sendings) => {
    this.#sendAll(byTarget(sendings)).then(
      () => {
        for (const { sent } of sendings) sent();
      },
      (error) => {
        for (const { failed } of sendings) failed(asError(error));
      },
    );
  });

  async #sendAll(members: readonly MembersToSend[]): Promise<void> {
    const input = { keys: this.#keys, id: this.id, members };
    const standing = await this.#connection.run(flowSend, input);
    if (standing !== '') throw this.#over(standing);
    for (const some of members) {
      // Members for the queue that it continues in are there already.
      if ('opens' in some || some.target !== this.queue) this.#outbox.relay(some.target);
    }
  }

  async #nameInHeaders(): Promise<string> {
    if (this.#name !== undefined) return this.#name;
    const name = (await this.#connection.call('HGET', [this.#key, 'name'])) as Buffer | null;
    if (!name) throw this.#over(undefined);
    this.#name = String(name);
    return this.#name;
  }

  #over(standing: FlowStanding): FlowOverError {
    return new FlowOverError({ queue: this.queue, id: this.id, over: standing || undefined });
  }
}

/** Members, for each queue in the order in which they were sent. */
function byTarget(sendings: readonly Sending[]): MembersToSend[] {
  const groups = new Map<string, PreparedFollowUp[]>();
  for (const { member } of sendings) {
    const group = groups.get(member.target);
    if (group) group.push(member);
    else groups.set(member.target, [member]);
  }
  return [...groups].map(([target, members]) => {
    return { target, count: members.length, packed: packMembers(members) };
  });
}

function checkId(id: unknown): void {
  if (typeof id === 'string' && validId.test(id)) return;
  throw new InvalidArgumentError(
    `The id of a flow has 1 to 256 letters, digits, and _ . - @ /, got ${shown(id)}`,
  );
}
