import { randomBytes } from 'node:crypto';
import {
  type Connection,
  isRedpostError,
  type Slice,
  type Subscriber,
  type SubscriptionTarget,
  TimeoutError,
  type Unsubscribe,
} from '@redpost/core';
import {
  clearInterval,
  clearTimeout,
  performance,
  setInterval,
  setTimeout,
} from '@redpost/core/consuming';
import { type GroupInput, groupScript } from '../scripts/group.js';
import { groupName } from './group-name.js';

export interface GroupSetup {
  connection: Connection;
  /** All messages of a member have to come over one socket, in the order of Redis. */
  subscribe: Connection['subscribe'];
  target: SubscriptionTarget;
  group: string;
  /** Gets the messages of this member. */
  subscriber: Subscriber;
  onError: (error: Error) => void;
}

/** How often a member sends a heartbeat and checks the other members, in ms. */
const beatMs = 1000;
/** How long a silent member counts as alive while its socket is open, in ms. */
const leaseMs = 5000;

/** How long a new member waits for the list that has it, in ms. */
const joinMs = 10_000;

/**
 * Joins a queue group. Resolves when the member gets messages.
 *
 * No one distributes the messages: all members get all of them, and each knows which are its own. Redis sends
 * all of them the same messages in the same order, and in that same order, on the group's channel, the list
 * of members whenever it changes. Counted from such a list on, message number n is for member n modulo their
 * number. So exactly one member takes each message, and the members need not communicate.
 */
export async function joinGroup(setup: GroupSetup): Promise<Unsubscribe> {
  const member = new GroupMember(setup);
  await member.join();
  return () => member.leave();
}

/** States: joining -> counting <-> out (without its share) -> left. */
class GroupMember {
  readonly #setup: GroupSetup;
  readonly #id = randomBytes(9).toString('base64url');
  readonly #input: Omit<GroupInput, 'step'>;
  readonly #missing = new Set<string>();
  #subscribed: Unsubscribe[] = [];
  #beat: NodeJS.Timeout | undefined;
  /** How many members there are, which of them this is, and whose turn is next; 0 while out. */
  #size = 0;
  #place = 0;
  #turn = 0;
  #hasJoined: (() => void) | undefined;
  #interruptedAt: number | undefined;
  #left = false;

  constructor(setup: GroupSetup) {
    this.#setup = setup;
    const { target, group } = setup;
    const name = groupName(target.name, group);
    const sharded = target.kind === 'shard';
    this.#input = { group: name, member: this.#id, leaseMs, sharded };
  }

  async join(): Promise<void> {
    const { kind, name } = this.#setup.target;
    const { group } = this.#input;
    try {
      await this.#listen({ kind, name }, (channel, payload) => this.#receive(channel, payload));
      await this.#listen({ kind, name: group }, (_, payload) => this.#count(payload));
      // No messages are sent there: its subscription shows the others that its socket is open.
      await this.#listen({ kind, name: `${group}:${this.#id}` }, () => {});
      this.#beat = setInterval(() => this.#showLife(), beatMs).unref();
      await this.#enter();
    } catch (error) {
      await this.leave();
      throw error;
    }
  }

  async leave(): Promise<void> {
    this.#left = true;
    this.#size = 0;
    clearInterval(this.#beat);
    this.#hasJoined?.();
    const wasIn = this.#subscribed.length === 3;
    // First, so that from the next list on, no message is for this member.
    if (wasIn) await this.#tell('leave');
    await Promise.all(this.#subscribed.map((unsubscribe) => unsubscribe()));
  }

  async #listen(target: SubscriptionTarget, message: Subscriber['message']): Promise<void> {
    const unsubscribe = await this.#setup.subscribe(target, {
      message,
      interrupted: (error) => this.#interrupted(target.name, error),
      resumed: () => this.#resumed(target.name),
    });
    this.#subscribed.push(unsubscribe);
  }

  #receive(channel: string, payload: Slice): void {
    if (this.#size === 0) return;
    const isOwn = this.#turn === this.#place;
    this.#turn = (this.#turn + 1) % this.#size;
    if (isOwn) this.#setup.subscriber.message(channel, payload);
  }

  /** Begins to count anew, as all members do at this list. */
  #count(payload: Slice): void {
    if (this.#left || this.#missing.size > 0) return;
    const members = payload.toString().split(' ');
    const place = members.indexOf(this.#id);
    const wasCounting = this.#size > 0;
    this.#size = place === -1 ? 0 : members.length;
    this.#place = place;
    this.#turn = 0;
    if (place !== -1) this.#hasJoined?.();
    // It was silent for too long, and the others have removed it.
    else if (wasCounting) void this.#tell('join');
  }

  /** Asks for a list with this member, and waits for it to come by. */
  async #enter(): Promise<void> {
    const { connection, group } = this.#setup;
    const joined = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        const message = `Group ${group} did not list the new member in time`;
        reject(new TimeoutError(message, { outcome: 'unknown' }));
      }, joinMs);
      this.#hasJoined = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    const asked = connection.run(groupScript, { ...this.#input, step: 'join' });
    await Promise.all([asked, joined]);
    this.#hasJoined = undefined;
  }

  /** Without its socket a member takes no messages, and must not be listed, so that the others get its messages. */
  #showLife(): void {
    if (this.#missing.size === 0) void this.#tell('beat');
  }

  #interrupted(name: string, error: Error): void {
    this.#size = 0;
    this.#missing.add(name);
    if (this.#interruptedAt !== undefined || this.#left) return;
    this.#interruptedAt = performance.now();
    this.#setup.subscriber.interrupted?.(error);
  }

  #resumed(name: string): void {
    this.#missing.delete(name);
    if (this.#missing.size > 0 || this.#left) return;
    const joining = this.#hasJoined;
    this.#hasJoined = () => {
      this.#hasJoined = undefined;
      joining?.();
      const since = this.#interruptedAt;
      this.#interruptedAt = undefined;
      if (since !== undefined && !this.#left) {
        this.#setup.subscriber.resumed?.(performance.now() - since);
      }
    };
    void this.#tell('join');
  }

  /** The next beat repeats a step that failed without a connection. */
  async #tell(step: GroupInput['step']): Promise<void> {
    const needsList = this.#size === 0 && step === 'beat';
    try {
      const input = { ...this.#input, step: needsList ? 'join' : step } as const;
      await this.#setup.connection.run(groupScript, input);
    } catch (error) {
      if (isRedpostError(error, 'SERVER')) this.#setup.onError(error);
    }
  }
}
