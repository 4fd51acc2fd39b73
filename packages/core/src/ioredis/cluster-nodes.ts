import type { Cluster, Redis } from 'ioredis';
import { isHost } from './announced-address.js';
import { logInWith, type ReadLogin } from './login.js';

/** An answer to CLUSTER SLOTS: from the first slot to the last, and who has them. */
type SlotRange = [from: number, to: number, ...nodes: [host: string | null, port: number][]];
type OnSlots = (error: Error | null, slots?: SlotRange[]) => void;

/**
 * Prepares each client that a Cluster makes for a node, before it connects: how it logs in, if that is
 * not in the options; and that nodes which announce no host are where they were asked. (ioredis leaves
 * such nodes out, and then finds nobody.)
 */
export function prepareNodes(cluster: Cluster, read: ReadLogin | undefined): void {
  const logIn = (client: Redis) => read && logInWith(client, read, false);
  cluster.on('+node', (node: Redis) => {
    logIn(node);
    const duplicate = node.duplicate.bind(node);
    // For each time that it is asked for the slots.
    node.duplicate = (options) => {
      const copy = duplicate({ ...options, lazyConnect: true });
      logIn(copy);
      nameHosts(copy, String(node.options.host));
      return copy;
    };
  });
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
