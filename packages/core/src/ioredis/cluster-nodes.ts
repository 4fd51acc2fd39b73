import type { Cluster, Redis } from 'ioredis';
import { isHost } from './announced-address.js';
import { hearOut } from './hear-out.js';
import { logInWith, type ReadLogin } from './login.js';

/** An answer to CLUSTER SLOTS: from the first slot to the last, and who has them. */
type SlotRange = [from: number, to: number, ...nodes: [host: string | null, port: number][]];
type OnSlots = (error: Error | null, slots?: SlotRange[]) => void;

/** What of a client no public name leads to: it rejects what was sent, and what waits to be sent. */
interface WithQueues {
  flushQueue(error: Error, queues?: { commandQueue?: boolean; offlineQueue?: boolean }): void;
}

/** The error of what was waiting in the client of a node. */
export const neverSent = 'The connection was closed before it was sent';

/**
 * Prepares each client that a Cluster makes for a node, before it connects: how it logs in, if that is
 * not in the options; that nodes which announce no host are where they were asked (ioredis leaves
 * such nodes out, and then finds nobody); and that what it has not sent gets another error than what it has.
 */
export function prepareNodes(cluster: Cluster, read: ReadLogin | undefined): void {
  const logIn = (client: Redis) => read && logInWith(client, read, false);
  cluster.on('+node', (node: Redis) => {
    logIn(node);
    tellUnsent(node as unknown as WithQueues);
    const duplicate = node.duplicate.bind(node);
    // For each time that it is asked for the slots.
    node.duplicate = (options) => {
      const copy = duplicate({ ...options, lazyConnect: true });
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
