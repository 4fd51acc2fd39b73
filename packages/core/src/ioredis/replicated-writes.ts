import type { Reply } from '../replies.js';
import { slotOf } from './cluster-slot.js';
import type { Link } from './link.js';
import { type ReplicatedWrite, ReplicationRounds } from './replication-rounds.js';
import { WaitingLines } from './waiting-lines.js';

/**
 * Writes that count only when replicas have them: `WAIT` follows them on the same socket.
 *
 * `WAIT` keeps its socket waiting, so these writes have one to themselves. In a Cluster there is one for each
 * node, so a wait on one node does not delay writes to another.
 */
export class ReplicatedWrites {
  readonly #link: Link;
  readonly #address: string;
  readonly #isCluster: boolean;
  /** For each node of a Cluster; a single one without a Cluster. */
  readonly #rounds = new Map<string, ReplicationRounds>();
  readonly #lines: WaitingLines<string>;

  constructor(link: Link, target: { address: string; isCluster: boolean }) {
    this.#link = link;
    this.#address = target.address;
    this.#isCluster = target.isCluster;
    this.#lines = new WaitingLines<string>({
      routeTo: (key) => () => this.#nodesOf(key),
      expired: (refusal) => link.expired(refusal),
    });
  }

  /**
   * Resolves with the command's answer when the replicas have confirmed it.
   *
   * @throws NotReplicatedError when too few have by the deadline, or what {@link Link.call} throws.
   */
  call(write: ReplicatedWrite): Promise<Reply> {
    const { line, key, deadline } = write;
    const send = () => this.#roundsAt(this.#nodesOf(key)).add(write);
    if (line === undefined) return this.#link.attempt(send, deadline);
    return this.#lines.add(line, { deadline, send: () => this.#link.whenUp(send, deadline) });
  }

  close(): void {
    this.#link.close();
  }

  #nodesOf(key: string): string {
    return this.#isCluster ? this.#link.nodesOf(slotOf(key)) : '';
  }

  #roundsAt(nodes: string): ReplicationRounds {
    const rounds = this.#rounds.get(nodes) ?? new ReplicationRounds(this.#link, this.#address);
    this.#rounds.set(nodes, rounds);
    return rounds;
  }
}
