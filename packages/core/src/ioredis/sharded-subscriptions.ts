import type { Subscriber, Unsubscribe } from '../connection/connection.js';
import { ClosedError, ConnectionError, isRedpostError, type RedpostError } from '../errors.js';
import type { Argument, Reply } from '../replies.js';
import { pause, performance } from '../runtime/timers.js';
import type { Node } from './announced-address.js';
import type { SubscriptionLink } from './subscription-link.js';

export interface ShardedSubscriptionsOptions {
  /** Sends a command to any node. */
  ask: (command: string, args: readonly Argument[]) => Promise<Reply>;
  open: (node: Node) => SubscriptionLink;
  /** Where a node is that the Cluster has announced. */
  reach: (announced: { host: string | null; port: number }) => Node;
  /** Closes a socket that nobody needs any more. */
  forget: (link: SubscriptionLink) => void;
  /** Gets the errors that keep a subscription from being resumed. */
  report: (error: RedpostError) => void;
  callTimeoutMs: number;
}

/** A socket to one node, and how many subscribers need it. */
interface NodeLink {
  readonly link: SubscriptionLink;
  users: number;
}

/** From the first slot to the last: the master's host and port. */
type SlotRange = [from: number, to: number, master: Reply[]];

/** How long to wait before the Cluster is asked again where a channel lives, in ms. */
const retryMs = { first: 50, longest: 1000 };

/**
 * Subscriptions to sharded channels of a Cluster: each on the node that has the slot of its name,
 * and after it when the slot moves or another node takes over.
 */
export class ShardedSubscriptions {
  readonly #options: ShardedSubscriptionsOptions;
  readonly #links = new Map<string, NodeLink>();
  /** The known owners of the slots. Subscribers that come at the same time share one request. */
  #ranges: Promise<SlotRange[]> | undefined;
  #closed = false;

  constructor(options: ShardedSubscriptionsOptions) {
    this.#options = options;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  async subscribe(name: string, subscriber: Subscriber): Promise<Unsubscribe> {
    const member = new ShardSubscriber(this, name, subscriber);
    await member.join(performance.now() + this.#options.callTimeoutMs);
    return () => member.leave();
  }

  close(): void {
    this.#closed = true;
    this.#links.clear();
  }

  /** The node that has a channel's slot, as some node of the Cluster sees it. */
  async nodeOf(name: string): Promise<Node> {
    const { ask } = this.#options;
    this.#ranges ??= ask('CLUSTER', ['SLOTS']).then((reply) => reply as SlotRange[]);
    const [reply, ranges] = await Promise.all([ask('CLUSTER', ['KEYSLOT', name]), this.#ranges]);
    const slot = Number(reply);
    const [, , master] = ranges.find(([from, to]) => from <= slot && slot <= to) ?? [];
    if (master) return this.reach(master[0] === null ? null : String(master[0]), Number(master[1]));
    throw new ConnectionError(`No node of the Cluster has slot ${slot}`, {
      outcome: 'not-executed',
    });
  }

  reach(host: string | null, port: number): Node {
    return this.#options.reach({ host, port });
  }

  report(error: RedpostError): void {
    if (!this.#closed) this.#options.report(error);
  }

  /** The known owners of the slots are wrong. */
  forgetSlots(): void {
    this.#ranges = undefined;
  }

  /** Subscribes on one node; the socket stays as long as somebody is subscribed on it. */
  async subscribeAt(node: Node, name: string, subscriber: Subscriber): Promise<Unsubscribe> {
    const address = `${node.host}:${node.port}`;
    const used = this.#links.get(address) ?? { link: this.#options.open(node), users: 0 };
    this.#links.set(address, used);
    used.users += 1;
    try {
      const end = await used.link.subscriptions.subscribe({ kind: 'shard', name }, subscriber);
      return async () => {
        await end();
        this.#release(address, used);
      };
    } catch (error) {
      this.#release(address, used);
      throw error;
    }
  }

  #release(address: string, used: NodeLink): void {
    used.users -= 1;
    if (used.users > 0) return;
    if (this.#links.get(address) === used) this.#links.delete(address);
    this.#options.forget(used.link);
  }
}

/**
 * Where a subscriber is with its channel.
 *
 * - `joining`: it looks for the node that has the channel, and asks that one. Entered at first, and
 *   when the subscription has ended without it. Left when a node has confirmed (`joined`), or the
 *   subscriber goes (`left`). Meanwhile an interruption only makes the attempt fail: nobody is told.
 * - `joined`: a node has confirmed. Left when that one breaks off (`joining`: the subscriber is told,
 *   and again when it is joined), or the subscriber goes (`left`).
 * - `left`: for good. A node that confirms after that is asked to end it, and nobody is told of it.
 */
type ShardState =
  | { readonly name: 'joining' | 'left' }
  | { readonly name: 'joined'; readonly unsubscribe: Unsubscribe };

/** One subscriber to one sharded channel, wherever that lives. */
class ShardSubscriber {
  readonly #home: ShardedSubscriptions;
  readonly #name: string;
  readonly #subscriber: Subscriber;
  #state: ShardState = { name: 'joining' };

  constructor(home: ShardedSubscriptions, name: string, subscriber: Subscriber) {
    this.#home = home;
    this.#name = name;
    this.#subscriber = subscriber;
  }

  /** Resolves when the node that has the channel has confirmed, or when it is no longer wanted. */
  async join(deadline: number): Promise<void> {
    let node: Node | undefined;
    let moved: Node | undefined;
    for (let waitMs = retryMs.first; ; waitMs = Math.min(waitMs * 2, retryMs.longest)) {
      if (this.#home.isClosed) throw new ClosedError('The connection is closed');
      if (this.#hasLeft) return;
      try {
        node = moved ?? (await this.#home.nodeOf(this.#name));
        moved = undefined;
        return await this.#joinAt(node);
      } catch (error) {
        this.#home.forgetSlots();
        moved = this.#movedTo(error, node?.host);
        if (moved) continue;
        if (!isPassing(error) || performance.now() + waitMs > deadline) throw error;
        await pause(waitMs, undefined, { ref: false });
      }
    }
  }

  async leave(): Promise<void> {
    const former = this.#state;
    this.#state = { name: 'left' };
    if (former.name === 'joined') await former.unsubscribe();
  }

  get #hasLeft(): boolean {
    return this.#state.name === 'left';
  }

  /** No host stands for the one of the node that says so. */
  #movedTo(error: unknown, askedHost: string | undefined): Node | undefined {
    if (!isRedpostError(error, 'SERVER') || error.reply !== 'MOVED') return undefined;
    const [, host, port] = /MOVED \d+ (.*):(\d+)/.exec(error.message) ?? [];
    return port === undefined
      ? undefined
      : this.#home.reach(host || (askedHost ?? null), Number(port));
  }

  async #joinAt(node: Node): Promise<void> {
    let gone: Error | undefined;
    const unsubscribe = await this.#home.subscribeAt(node, this.#name, {
      message: (channel, payload) => this.#subscriber.message(channel, payload),
      interrupted: (error) => {
        gone = error;
        if (this.#state.name === 'joined') void this.#rejoin(this.#state.unsubscribe, error);
      },
    });
    if (gone) {
      await unsubscribe();
      throw gone;
    }
    if (this.#hasLeft) await unsubscribe();
    else this.#state = { name: 'joined', unsubscribe };
  }

  async #rejoin(unsubscribe: Unsubscribe, error: Error): Promise<void> {
    const since = performance.now();
    this.#state = { name: 'joining' };
    this.#home.forgetSlots();
    this.#subscriber.interrupted?.(error);
    await unsubscribe();
    while (!this.#hasLeft && !this.#home.isClosed) {
      try {
        await this.join(Number.POSITIVE_INFINITY);
        if (!this.#hasLeft) this.#subscriber.resumed?.(performance.now() - since);
        return;
      } catch (error) {
        // Refused for a reason that may pass only with somebody's help, e.g. NOPERM.
        this.#home.report(error as RedpostError);
        await pause(retryMs.longest, undefined, { ref: false });
      }
    }
  }
}

function isPassing(error: unknown): boolean {
  if (isRedpostError(error, 'SERVER')) return error.retryable;
  return isRedpostError(error, 'CONNECTION') || isRedpostError(error, 'TIMEOUT');
}
