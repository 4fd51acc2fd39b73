import type { Reply } from '../connection.js';
import type { Link } from './link.js';
import { type ReplicatedWrite, ReplicationRounds } from './replication-rounds.js';

/**
 * Writes that count only when replicas have them: `WAIT` follows them on the same socket.
 *
 * `WAIT` keeps its socket waiting, so these writes have one to themselves. In a Cluster that is one
 * for each node, and what is waited for on one node holds up none on another.
 */
export class ReplicatedWrites {
  readonly #link: Link;
  readonly #address: string;
  readonly #isCluster: boolean;
  /** By the nodes that are written to: one for all where there is no Cluster. */
  readonly #rounds = new Map<string, ReplicationRounds>();
  readonly #slots = new Map<string, number>();

  constructor(link: Link, target: { address: string; isCluster: boolean }) {
    this.#link = link;
    this.#address = target.address;
    this.#isCluster = target.isCluster;
  }

  /**
   * Resolves with the command's answer when the replicas have confirmed it.
   *
   * @throws NotReplicatedError when too few have by the deadline, or what {@link Link.call} throws.
   */
  call(write: ReplicatedWrite): Promise<Reply> {
    return this.#link.attempt(async () => {
      const nodes = this.#isCluster ? await this.#nodesOf(write) : '';
      return this.#roundsAt(nodes).add(write);
    }, write.deadline);
  }

  close(): void {
    this.#link.close();
  }

  async #nodesOf({ key, deadline }: ReplicatedWrite): Promise<string> {
    const known = this.#slots.get(key);
    const slot = known ?? Number(await this.#link.call('CLUSTER', ['KEYSLOT', key], deadline));
    this.#slots.set(key, slot);
    return this.#link.nodesOf(slot);
  }

  #roundsAt(nodes: string): ReplicationRounds {
    const rounds = this.#rounds.get(nodes) ?? new ReplicationRounds(this.#link, this.#address);
    this.#rounds.set(nodes, rounds);
    return rounds;
  }
}
