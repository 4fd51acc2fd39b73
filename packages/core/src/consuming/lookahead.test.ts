import { expect, it } from 'vitest';
import { Lookahead } from './lookahead.js';

it('nothing is leased ahead before a handler has finished', () => {
  expect(new Lookahead(50, 1000).count).toBe(0);
});

it('as many are leased ahead as the handlers start within 4 ms', () => {
  const lookahead = new Lookahead(10, 1000);
  lookahead.add(1, 100);

  expect(lookahead.count).toBe(40);
});

it('as many more are leased ahead as the handlers start within a long round trip', () => {
  const lookahead = new Lookahead(100, 1000);
  lookahead.roundTripMs = 21;
  lookahead.add(5, 100);

  expect(lookahead.count).toBe(480);
});

it('a short round trip changes nothing', () => {
  const lookahead = new Lookahead(10, 1000);
  lookahead.roundTripMs = 0.7;
  lookahead.add(1, 100);

  expect(lookahead.count).toBe(40);
});

it('slow handlers get nothing ahead', () => {
  const lookahead = new Lookahead(1, 1000);
  lookahead.add(5, 100);

  expect(lookahead.count).toBe(0);
});

it('never more are leased ahead than is said', () => {
  const lookahead = new Lookahead(100, 1000);
  lookahead.add(0, 100);

  expect(lookahead.count).toBe(1000);
});

it('one slow handler among many fast ones has little effect, several have', () => {
  const lookahead = new Lookahead(10, 1000);
  lookahead.add(0.1, 100);
  const before = lookahead.count;
  lookahead.add(1, 100);
  expect(lookahead.count).toBeGreaterThan(before / 2);

  for (let slow = 0; slow < 100; slow += 1) lookahead.add(50, 100);
  expect(lookahead.count).toBe(0);
});

it('a stall lasts until the next measurement', () => {
  const lookahead = new Lookahead(10, 1000);
  lookahead.add(1, 100);

  lookahead.stall();
  expect(lookahead.count).toBe(0);

  lookahead.add(1, 100);
  expect(lookahead.count).toBe(40);
});

it('never more than a megabyte is leased ahead', () => {
  const lookahead = new Lookahead(100, 1000);
  for (let large = 0; large < 500; large += 1) lookahead.add(0, 10 * 1024);

  expect(lookahead.count).toBeGreaterThan(90);
  expect(lookahead.count).toBeLessThan(110);
});
