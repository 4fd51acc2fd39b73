import { expect, it, vi } from 'vitest';
import { HandlerPool, type Lease, type Work } from './handler-pool.js';

interface TestLease extends Lease {
  isFresh: boolean;
}

function lease(): TestLease {
  return {
    running: 0,
    isFresh: true,
    isFreshAt() {
      return this.isFresh;
    },
    acknowledge: () => {},
    retry: async () => {},
    deadLetter: async () => {},
  };
}

interface NamedWork extends Work {
  name: string;
  end(): void;
  ended: Promise<void>;
}

function work(name: string, settler: TestLease): NamedWork {
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { name, settler, end, ended, size: 1, startedAt: 0, startBy: undefined };
}

/** A pool whose handlers end when they are told, and who was started. */
function openPool(concurrency: number) {
  const started: string[] = [];
  const stuck = vi.fn();
  const handler = ({ name, ended }: NamedWork) => {
    started.push(name);
    return ended;
  };
  const pool = new HandlerPool<NamedWork>(handler, concurrency, {
    open: () => undefined,
    outcomes: { succeeded: () => {}, failed: () => {} },
    finished: () => {},
    stuck,
  });
  return { pool, started, stuck };
}

it('messages under a lease that may have run out do not delay those under another lease', () => {
  const { pool, started } = openPool(3);
  const [stale, fresh] = [lease(), lease()];
  stale.isFresh = false;
  pool.accept([work('s1', stale), work('f1', fresh), work('s2', stale), work('f2', fresh)]);
  expect(started).toEqual(['f1', 'f2']);

  stale.isFresh = true;
  pool.goOn();
  expect(started).toEqual(['f1', 'f2', 's1']);
});

it('each lease keeps its order, though one of them is not fresh for a while', async () => {
  const { pool, started } = openPool(1);
  const [a, b] = [lease(), lease()];
  a.isFresh = false;
  const all = [work('a1', a), work('b1', b), work('a2', a), work('b2', b)];
  pool.accept(all);
  a.isFresh = true;
  pool.accept([work('a3', a)]);
  for (const { end } of all) end();
  await new Promise(setImmediate);

  expect(started).toEqual(['b1', 'b2', 'a1', 'a2', 'a3']);
});

it('a message that waits for its lease does not reduce the demand', () => {
  const { pool } = openPool(2);
  const stale = lease();
  stale.isFresh = false;
  pool.accept([work('s1', stale), work('s2', stale)]);
  expect(pool.free).toBe(2);

  stale.isFresh = true;
  pool.goOn();
  expect(pool.free).toBe(0);
});

it('a message that was removed is not counted any more, also when its lease may have run out', () => {
  const { pool } = openPool(2);
  const stale = lease();
  stale.isFresh = false;
  pool.accept([work('s1', stale), work('s2', stale)]);
  pool.removeWaiting(stale);

  expect(pool.free).toBe(2);
});

it('an item that may not start any more is not started, and its consumer is told to return it', () => {
  const { pool, started, stuck } = openPool(3);
  const held = lease();
  pool.accept([work('in time', held), { ...work('too late', held), startBy: 0 }]);
  expect(started).toEqual(['in time']);
  expect(stuck).toHaveBeenCalled();

  expect(pool.removeWaiting().map(({ name }) => name)).toEqual(['too late']);
  pool.accept([work('next', held)]);
  expect(started).toEqual(['in time', 'next']);
});

it('fast handlers let items wait for them, but no more than is said', () => {
  const host = {
    open: () => undefined,
    outcomes: { succeeded: () => {}, failed: () => {} },
    finished: () => {},
    stuck: () => {},
  };
  const pool = new HandlerPool<NamedWork>(() => {}, 1, host, 5);
  const under = lease();
  for (let n = 0; n < 50; n += 1) pool.accept([work(`w${n}`, under)]);
  expect(pool.free).toBe(6);
});
