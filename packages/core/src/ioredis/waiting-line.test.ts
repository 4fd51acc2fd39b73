import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../../../tooling/eventually.js';
import { RedpostError, ServerError } from '../errors.js';
import type { Reply } from '../replies.js';
import { WaitingLine } from './waiting-line.js';

const busy = () => {
  const options = { reply: 'BUSY', outcome: 'not-executed', retryable: true } as const;
  return new ServerError('Redis answered: BUSY', options);
};

/** A line to a server that answers when it is told to, and what has been sent to it. */
function line() {
  let route = 'here';
  const out: { name: string; isAlone: boolean; answer(error?: unknown): void }[] = [];
  const sent: string[] = [];
  let timesEmpty = 0;
  const calls = new WaitingLine<string>({
    route: () => route,
    expired: (refusal) => refusal ?? new RedpostError('expired', { code: 'TIMEOUT' }),
    empty: () => {
      timesEmpty += 1;
    },
  });
  return {
    sent,
    out,
    goElsewhere: () => {
      route = 'elsewhere';
    },
    timesEmpty: () => timesEmpty,
    call(name: string, deadlineMs = 10_000): Promise<Reply> {
      const send = (_: unknown, isAlone: boolean) =>
        new Promise<Reply>((resolve, reject) => {
          sent.push(name);
          out.push({ name, isAlone, answer: (error) => (error ? reject(error) : resolve(1)) });
        });
      return calls.add({ deadline: performance.now() + deadlineMs, send });
    },
    /** Answers all that is out; resolves when something else is. */
    async answer(error?: unknown) {
      for (const { answer } of out.splice(0)) answer(error);
      await pause(0);
    },
    /** Resolves when so many are out. */
    untilOut: (count: number) => eventually(() => out.length === count),
  };
}

describe('a waiting line', () => {
  it('sends any number at a time while nothing is refused', () => {
    const { call, sent } = line();

    for (const name of 'abcdef') void call(name);

    expect(sent.join('')).toBe('abcdef');
  });

  it('repeats refused calls alone and in order, before later ones', async () => {
    const { call, sent, out, answer, untilOut } = line();
    const calls = [...'abc'].map((name) => call(name));
    out[1]?.answer(busy());
    await pause(0);
    calls.push(call('d'));
    expect(sent.join('')).toBe('abc');

    out[2]?.answer(busy());
    out[0]?.answer();
    out.length = 0;
    await untilOut(1);
    expect(out[0]).toMatchObject({ name: 'b', isAlone: true });
    await answer();
    expect(out.map(({ name, isAlone }) => [name, isAlone])).toEqual([
      ['c', false],
      ['d', false],
    ]);
    await answer();

    await Promise.all(calls);
    expect(sent.join('')).toBe('abcbcd');
  });

  it('sends a growing number of calls at a time when it continues', async () => {
    const { call, out, answer, untilOut } = line();
    const calls = [...'abcdefghij'].map((name) => call(name));
    await answer(busy());

    const sizes: number[] = [];
    await untilOut(1);
    while (out.length > 0) {
      sizes.push(out.length);
      await answer();
    }

    expect(sizes).toEqual([1, 2, 4, 3]);
    await Promise.all(calls);
  });

  it('waits for those on another way before it sends by a new one', async () => {
    const { call, sent, answer, goElsewhere } = line();
    void call('a');
    goElsewhere();
    void call('b');
    void call('c');
    expect(sent).toEqual(['a']);

    await answer();

    expect(sent).toEqual(['a', 'b', 'c']);
  });

  it('continues after a call that has failed for good', async () => {
    const { call, sent, out, answer, untilOut } = line();
    const failed = expect(call('a')).rejects.toThrow('WRONGTYPE');
    const second = call('b');
    out[0]?.answer(new ServerError('WRONGTYPE', { reply: 'WRONGTYPE', outcome: 'not-executed' }));
    out[1]?.answer(busy());
    out.length = 0;
    await failed;

    await untilOut(1);
    await answer();

    await second;
    expect(sent).toEqual(['a', 'b', 'b']);
  });

  it('rejects calls that wait for too long, with the reason why the line waits', async () => {
    const { call, sent, answer, untilOut } = line();
    const first = call('a');
    const second = expect(call('b', 30)).rejects.toMatchObject({ reply: 'BUSY' });
    await answer(busy());
    await untilOut(1);

    await second;

    await answer();
    await first;
    expect(sent).toEqual(['a', 'b', 'a']);
  });

  it('says when it is empty', async () => {
    const { call, timesEmpty, answer } = line();
    const calls = [call('a'), call('b')];
    expect(timesEmpty()).toBe(0);

    await answer();

    await Promise.all(calls);
    expect(timesEmpty()).toBe(1);
  });
});
