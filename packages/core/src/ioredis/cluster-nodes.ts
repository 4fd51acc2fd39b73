import type { Cluster, Redis } from 'ioredis';
import { isHost } from './announced-address.js';
import { hearOut } from './hear-out.js';
import { logInWith, type ReadLogin } from './login.js';

/** An answer to CLUSTER SLOTS: the first slot, the last slot, and their nodes. */
type SlotRange = [from: number, to: number, ...nodes: [host: string | null, port: number][]];
type OnSlots = (error: Error | null, slots?: SlotRange[]) => void;

/** Parts of a client without a public name: the commands that were sent, and those that wait to be sent. */
interface WithQueues {
  flushQueue(error: Error, queues?: { commandQueue?: boolean; offlineQueue?: boolean }): void;
}

/** The error of commands that were waiting in the client of a node. */
export const neverSent = 'The connection was closed before it was sent';

/**
 * Prepares each client that a Cluster makes for a node, before it connects: its login, if that is not in the
 * options; the host of nodes that announce none, which is the one that was asked (ioredis leaves such nodes
 * out, and may be left with none); and an error of its own for commands that were not sent.
 */
export function prepareNodes(cluster: Cluster, read: ReadLogin | undefined): void {
  const logIn = (client: Redis) => read && logInWith(client, read, false);
  cluster.on('+node', (node: Redis) => {
    logIn(node);
    tellUnsent(node as unknown as WithQueues);
    const duplicate = node.duplicate.bind(node);
    // For each time that it is asked for the slots.
    node.duplicate = (options) => {
      // It is asked about slots, which belong to no database.
      const copy = duplicate({ ...options, lazyConnect: true, db: 0 });
      copy.on('connect', () => hearOut(copy));
      logIn(copy);
      nameHosts(copy, String(node.options.host));
      return copy;
    };
  });
}

function tellUnsent(client: WithQueues): void {
  const flush = client.flushQueue.bind(client);
  client.flushQueue = (error, queues) => {
    flush(new Error(neverSent), { ...queues, commandQueue: false });
    flush(error, { ...queues, offlineQueue: false });
  };
}

function nameHosts(client: Redis, askedHost: string): void {
  const internals = client as unknown as { cluster(what: 'SLOTS', onSlots: OnSlots): unknown };
  const ask = internals.cluster.bind(client);
  internals.cluster = (what, onSlots) =>
    ask(what, (error, slots) => {
      for (const [, , ...nodes] of slots ?? []) {
        for (const node of nodes) if (!isHost(node[0])) node[0] = askedHost;
      }
      onSlots(error, slots);
    });
}
