import { expect, it } from 'vitest';
import { Acknowledgements } from './acknowledgements.js';

interface Held {
  number: number;
  memberOf?: string;
}

const held = (number: number): Held => ({ number });
const member = (number: number, memberOf: string): Held => ({ number, memberOf });

/** Acknowledges these, in order. */
function addAll(acks: Acknowledgements<Held>, receipts: number[]): void {
  for (const receipt of receipts) acks.add(held(receipt), false);
}

it('a batch is acknowledged as a whole when all its messages are settled, in any order', () => {
  const acks = new Acknowledgements<Held>(() => {});
  acks.expect({ first: 1, count: 3 });
  acks.expect({ first: 5, count: 2 });
  addAll(acks, [5, 3, 1, 9, 6, 2]);

  expect(acks.take()).toMatchObject({
    held: [9, 5, 6, 3, 1, 2].map(held),
    batches: [
      { first: 5, count: 2 },
      { first: 1, count: 3 },
    ],
    receipts: [9],
  });
  expect(acks.size).toBe(0);
});

it('of a batch that is not settled as a whole, each is acknowledged by its receipt', () => {
  const acks = new Acknowledgements<Held>(() => {});
  acks.expect({ first: 1, count: 3 });
  addAll(acks, [1, 2]);
  expect(acks.take()).toMatchObject({ batches: [], receipts: [1, 2] });

  addAll(acks, [3]);
  expect(acks.take()).toMatchObject({ batches: [], receipts: [3] });
});

it('after a batch was taken apart, the next hundred calls lease none', () => {
  const acks = new Acknowledgements<Held>(() => {});
  acks.expect({ first: 1, count: 2 });
  addAll(acks, [1]);
  expect(acks.comeTogether).toBe(true);
  acks.take();

  for (let call = 0; call < 100; call += 1) {
    expect(acks.comeTogether).toBe(false);
    acks.take();
  }
  expect(acks.comeTogether).toBe(true);
});

it('once a message was settled otherwise, the others are acknowledged by their receipts', () => {
  const acks = new Acknowledgements<Held>(() => {});
  acks.expect({ first: 1, count: 3 });
  acks.expect({ first: 4, count: 1 });
  acks.comeApart();
  addAll(acks, [1, 3, 4]);

  expect(acks.comeTogether).toBe(false);
  expect(acks.take()).toMatchObject({ batches: [], receipts: [1, 3, 4] });
});

it('with 64 batches under way no more are leased', () => {
  const acks = new Acknowledgements<Held>(() => {});
  for (let first = 1; first < 128; first += 2) {
    expect(acks.comeTogether).toBe(true);
    acks.expect({ first, count: 2 });
  }
  expect(acks.comeTogether).toBe(false);

  addAll(acks, [5, 6]);
  acks.take();
  expect(acks.comeTogether).toBe(true);
});

it('acknowledgements that did not arrive are sent again first, by their receipts', () => {
  const acks = new Acknowledgements<Held>(() => {});
  acks.expect({ first: 1, count: 2 });
  acks.add(held(1), true);
  acks.add(held(2), false);
  const lost = acks.take();
  expect(lost).toMatchObject({ batches: [{ first: 1, count: 2 }], expired: 1 });
  addAll(acks, [3]);
  acks.sendAgain(lost);

  expect(Array.from(acks, ({ number }) => number)).toEqual([1, 2, 3]);
  expect(acks.take()).toMatchObject({ batches: [], receipts: [1, 2, 3], expired: 1 });
});

it('one call takes 4000, and the expired are counted with the last', () => {
  const acks = new Acknowledgements<Held>(() => {});
  for (let receipt = 1; receipt <= 4001; receipt += 1) acks.add(held(receipt), receipt === 1);

  expect(acks.take()).toMatchObject({ receipts: { length: 4000 }, expired: 0 });
  expect(acks.take()).toMatchObject({ receipts: [4001], expired: 1 });
});

it('a call has whole batches first, and as many others as it has room for', () => {
  const acks = new Acknowledgements<Held>(() => {});
  for (let receipt = 1; receipt < 4000; receipt += 1) acks.add(held(receipt), false);
  acks.expect({ first: 4000, count: 2 });
  addAll(acks, [4000, 4001]);

  expect(acks.take()).toMatchObject({ batches: [{ first: 4000 }], receipts: { length: 3998 } });
  expect(acks.take()).toMatchObject({ batches: [], receipts: [3999] });
  expect(acks.size).toBe(0);
});

it('a call has no more whole batches than it has room for', () => {
  const acks = new Acknowledgements<Held>(() => {});
  for (let first = 1; first < 6001; first += 1000) {
    acks.expect({ first, count: 1000 });
    addAll(
      acks,
      Array.from({ length: 1000 }, (_, at) => first + at),
    );
  }

  expect(acks.take()).toMatchObject({ batches: { length: 4 }, held: { length: 4000 } });
  expect(acks.take()).toMatchObject({ batches: { length: 2 }, held: { length: 2000 } });
});

it('what is settled waits for the rest of its batch, if the call allows that', () => {
  const acks = new Acknowledgements<Held>(() => {});
  acks.expect({ first: 1, count: 3 });
  addAll(acks, [1, 9, 2]);
  expect([acks.size, acks.ready]).toEqual([3, 1]);
  expect(acks.take(false)).toMatchObject({ batches: [], receipts: [9] });
  expect(acks.comeTogether).toBe(true);

  addAll(acks, [3]);
  expect([acks.size, acks.ready]).toEqual([3, 3]);
  expect(acks.take(false)).toMatchObject({ batches: [{ first: 1, count: 3 }], receipts: [] });
  acks.end();
});

it('nothing waits where somebody would miss it', () => {
  const acks = new Acknowledgements<Held>(() => {});
  acks.mayWait = false;
  acks.expect({ first: 1, count: 3 });
  addAll(acks, [1, 2]);

  expect(acks.ready).toBe(2);
  expect(acks.take(false)).toMatchObject({ batches: [], receipts: [1, 2] });
  acks.end();
});

it('what has waited too long for the rest of its batch goes alone, and says so', async () => {
  let acks!: Acknowledgements<Held>;
  await new Promise<void>((ripe) => {
    acks = new Acknowledgements<Held>(ripe);
    acks.expect({ first: 1, count: 3 });
    acks.expect({ first: 4, count: 2 });
    acks.add(held(1), true);
    addAll(acks, [2]);
    expect(acks.ready).toBe(0);
  });

  expect([acks.size, acks.ready, acks.comeTogether]).toEqual([2, 2, false]);
  expect(acks.take(false)).toMatchObject({ batches: [], receipts: [1, 2], expired: 1 });
  addAll(acks, [4, 5]);
  expect(acks.take(false)).toMatchObject({ batches: [], receipts: [4, 5], expired: 0 });
});

it('tells the flows whose members are among them, and of each whole batch how many of which flow', () => {
  const acks = new Acknowledgements<Held>(() => {});
  acks.expect({ first: 1, count: 3 });
  acks.expect({ first: 4, count: 2 });
  for (const one of [member(1, 'a'), member(2, 'b'), member(3, 'a'), member(4, 'c')])
    acks.add(one, false);
  const part = acks.take();
  expect(part.batches.map(({ flows }) => flows)).toEqual([
    new Map([
      ['a', 2],
      ['b', 1],
    ]),
  ]);
  expect(part.receipts).toEqual([4]);
  expect(part.flows).toEqual(new Set(['a', 'b', 'c']));

  addAll(acks, [5]);
  expect(acks.take().flows).toBeUndefined();
  acks.sendAgain(part);
  expect(acks.take().flows).toEqual(new Set(['a', 'b', 'c']));
});
