import { expect } from 'vitest';
import type { TestTopic } from './topics.js';

export const numbers = (count: number, first = 0) =>
  Array.from({ length: count }, (_, n) => first + n);
export const keyOf = (n: number) => `key ${n % 20}`;

/** Publishes so many records, with the keys of `keyOf`. */
export async function fill(topic: TestTopic<number>, count: number, first = 0): Promise<void> {
  await Promise.all(numbers(count, first).map((n) => topic.publish(n, { key: keyOf(n) })));
}

/** Notes in which order records of a key are done, and whether two of them ever overlapped. */
export class HandledRecords {
  readonly byKey = new Map<string, number[]>();
  readonly running = new Set<string>();
  overlaps = 0;
  count = 0;

  async handle({ key = '', body }: { key: string | undefined; body: number }): Promise<void> {
    if (this.running.has(key)) this.overlaps += 1;
    this.running.add(key);
    await new Promise(setImmediate);
    this.byKey.set(key, [...(this.byKey.get(key) ?? []), body]);
    this.running.delete(key);
    this.count += 1;
  }

  expectOrder(count: number): void {
    expect(this.overlaps).toBe(0);
    expect([...this.byKey.values()].flat().sort((a, b) => a - b)).toEqual(numbers(count));
    for (const bodies of this.byKey.values()) {
      expect(bodies).toEqual([...bodies].sort((a, b) => a - b));
    }
  }
}
