import type { From, Topic } from '@redpost/topic';
import type { Body } from '../../messages/body-codec.js';
import { wrongInput } from '../../program/exit-codes.js';

interface Place {
  partition: number;
  offset: string;
}

/** Where reading a topic ends, in each partition. */
export class Ending {
  /** Partitions that are not at their end, with the offset of their last record. */
  readonly #open: Map<number, string>;
  readonly #isAfter: (offset: string) => boolean;

  private constructor(open: Map<number, string>, isAfter: (offset: string) => boolean) {
    this.#open = open;
    this.#isAfter = isAfter;
  }

  /** The records that there are now, up to `until`. */
  static async find(
    topic: Topic<Buffer, Body>,
    until: From = 'latest',
    only?: number,
  ): Promise<Ending> {
    const newest = await topic.newestOffsets();
    if (typeof until === 'string' && /^\d/.test(until) && newest.length > 1 && only === undefined) {
      throw wrongInput('an offset belongs to one partition: name it with --partition');
    }
    const open = new Map<number, string>();
    for (const [partition, offset] of newest.entries()) {
      if (offset !== undefined && (only ?? partition) === partition) open.set(partition, offset);
    }
    return new Ending(until === 'beginning' ? new Map() : open, afterOf(until));
  }

  get isReached(): boolean {
    return this.#open.size === 0;
  }

  /** True for a record behind the end. */
  isAfter({ partition, offset }: Place): boolean {
    return !this.#open.has(partition) || this.#isAfter(offset);
  }

  /** This record was seen. */
  passed({ partition, offset }: Place): void {
    const newest = this.#open.get(partition);
    if (newest === undefined) return;
    if (compare(offset, newest) >= 0 || this.#isAfter(offset)) this.#open.delete(partition);
  }
}

function afterOf(until: From): (offset: string) => boolean {
  if (until instanceof Date) return (offset) => Number(offset.split('-')[0]) > until.getTime();
  if (until === 'latest' || until === 'beginning') return () => false;
  return (offset) => compare(offset, until) > 0;
}

/** The parts of an offset may be too large for a number. */
function compare(a: string, b: string): number {
  const [a1 = '', a2 = ''] = a.split('-');
  const [b1 = '', b2 = ''] = b.split('-');
  return Number(BigInt(a1) - BigInt(b1)) || Number(BigInt(a2) - BigInt(b2));
}
