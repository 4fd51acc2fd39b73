import { describe, expect, it } from 'vitest';
import { eventually } from '../../../../tooling/eventually.js';
import { rejection } from '../../../../tooling/rejection.js';
import { TimeoutError } from '../errors.js';
import { LoneCalls } from './lone-calls.js';

/** Calls that tell when they are sent, and are answered when the test says so. */
function lone() {
  const calls = new LoneCalls();
  const sent: string[] = [];
  const answers = new Map<string, () => void>();
  const send = (name: string) => {
    sent.push(name);
    calls.sent();
    return new Promise<null>((resolve) => {
      answers.set(name, () => {
        calls.ended();
        resolve(null);
      });
    });
  };
  return {
    calls,
    sent,
    answer: (name: string) => answers.get(name)?.(),
    add(name: string, isAlone: boolean, deadline = performance.now() + 60_000) {
      const expired = () => new TimeoutError(name, { outcome: 'not-executed' });
      return calls.add({ isAlone, deadline, send: () => send(name), expired });
    },
  };
}

describe('calls that leave alone', () => {
  it('wait for earlier ones, and later ones wait for them, in order', () => {
    const { calls, sent, answer, add } = lone();
    void add('a', false);
    void add('b', false);
    expect(calls.isOpen).toBe(true);
    void add('large', true);
    for (const name of ['c', 'd']) void add(name, false);
    void add('larger', true);
    expect(sent).toEqual(['a', 'b']);
    expect(calls.isOpen).toBe(false);

    answer('b');
    expect(sent).toEqual(['a', 'b']);
    answer('a');
    expect(sent).toEqual(['a', 'b', 'large']);
    answer('large');
    expect(sent).toEqual(['a', 'b', 'large', 'c', 'd']);
    answer('c');
    answer('d');
    expect(sent.at(-1)).toBe('larger');
    expect(calls.isOpen).toBe(false);
    answer('larger');
    expect(calls.isOpen).toBe(true);
  });

  it('are given up at their deadline while they wait, and so are those behind them', async () => {
    const { calls, sent, add } = lone();
    void add('a', false);
    const large = add('large', true, 0);
    void add('b', false);

    expect(await rejection(large)).toMatchObject({ code: 'TIMEOUT', outcome: 'not-executed' });

    await eventually(() => sent.length === 2);
    expect(sent).toEqual(['a', 'b']);
    expect(calls.isOpen).toBe(true);
  });
});
