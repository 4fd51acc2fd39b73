import { describe, expect, it } from 'vitest';
import { TickBatch } from './batch.js';

const tick = () => new Promise<void>((resolve) => process.nextTick(resolve));

function collect(limits = { count: 3, bytes: 100 }) {
  const batches: string[][] = [];
  const batch = new TickBatch<string>(limits, (items) => batches.push(items));
  return { batch, batches };
}

describe('a batch of one tick', () => {
  it('passes the items of the tick on, once and in order', async () => {
    const { batch, batches } = collect();
    batch.add('a', 1);
    batch.add('b', 1);
    expect(batches).toEqual([]);

    await tick();
    expect(batches).toEqual([['a', 'b']]);

    await tick();
    expect(batches).toHaveLength(1);
  });

  it('waits for every promise continuation that is ready', async () => {
    const { batch, batches } = collect();

    await Promise.all(
      ['a', 'b', 'c'].map(async (item) => {
        await null;
        await null;
        batch.add(item, 1);
      }),
    );
    await tick();

    expect(batches).toEqual([['a', 'b', 'c']]);
  });

  it('is handed over as soon as it has as many items as it may', async () => {
    const { batch, batches } = collect();

    for (const item of ['a', 'b', 'c', 'd']) batch.add(item, 1);

    expect(batches).toEqual([['a', 'b', 'c']]);
    await tick();
    expect(batches).toEqual([['a', 'b', 'c'], ['d']]);
  });

  it('is handed over as soon as it has as many bytes as it may', () => {
    const { batch, batches } = collect();

    batch.add('small', 40);
    batch.add('large', 60);

    expect(batches).toEqual([['small', 'large']]);
  });

  it('leaves an item that a server may refuse for its size by itself', () => {
    const { batch, batches } = collect({ count: 3, bytes: 10_000_000 });

    batch.add('small', 40);
    batch.add('large', 1_000_000);
    batch.add('other', 40);
    batch.flush();

    expect(batches).toEqual([['small'], ['large'], ['other']]);
  });

  it('is handed over when asked, and an empty one not at all', async () => {
    const { batch, batches } = collect();
    batch.flush();
    batch.add('a', 1);
    batch.flush();

    await tick();

    expect(batches).toEqual([['a']]);
  });
});
