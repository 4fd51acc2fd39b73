import { mock } from 'node:test';
import { afterEach, expect, it, vi } from 'vitest';
import { hrtime, nextTick, pause, performance, setTimeout } from './timers.js';

afterEach(() => {
  mock.timers.reset();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

it.each([
  ['Vitest and Jest', () => void vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval'] })],
  ['node:test', () => mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })],
])(
  'timers pass although %s put fakes into the global object and the modules of Node',
  async (_, fake) => {
    fake();
    const before = performance.now();
    expect(await pause(2, 'paused')).toBe('paused');
    expect(await new Promise((resolve) => setTimeout(resolve, 2, 'over'))).toBe('over');
    expect(performance.now()).toBeGreaterThan(before);
  },
);

it('clocks go on although others were put into their place', async () => {
  vi.spyOn(globalThis.performance, 'now').mockReturnValue(5);
  vi.spyOn(process, 'hrtime').mockReturnValue([5, 5]);
  const [sinceStart, clock] = [performance.now(), hrtime.bigint()];
  await pause(2);
  expect(performance.now()).toBeGreaterThan(sinceStart);
  expect(hrtime.bigint()).toBeGreaterThan(clock);
});

it('work that is due after this tick is done although nextTick was replaced', async () => {
  const fake = vi.spyOn(process, 'nextTick').mockImplementation(() => {});
  const done = new Promise<string>((resolve) => nextTick(resolve, 'done'));
  fake.mockRestore();
  expect(await done).toBe('done');
});
