import type { Subscriber } from '@redpost/core';
import { expect, it, onTestFinished, vi } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { interposed } from '../../../tooling/interposed.js';
import { joinGroup } from '../src/groups/group.js';
import type { GroupInput } from '../src/scripts/group.js';
import { testRedis, uniqueName } from './support/redis.js';

vi.mock('@redpost/core/consuming', async (original) => {
  const { fakeableTimers } = await import('../../../tooling/fakeable-timers.js');
  return { ...(await original<object>()), ...fakeableTimers };
});

const redis = testRedis();

it('a member whose socket is away does not list itself again, until the socket is back', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  const steps: string[] = [];
  const connection = interposed(redis.connect(), (_script, run, input) => {
    steps.push((input as GroupInput).step);
    return run();
  });
  const subscribers: Subscriber[] = [];
  const leave = await joinGroup({
    connection,
    subscribe: (target, subscriber) => {
      subscribers.push(subscriber);
      return connection.subscribe(target, subscriber);
    },
    target: { kind: 'channel', name: uniqueName() },
    group: 'billing',
    subscriber: { message: () => {} },
    onError: () => {},
  });
  vi.advanceTimersByTime(1000);
  expect(steps).toEqual(['join', 'beat']);

  for (const { interrupted } of subscribers) interrupted?.(new Error('away'));
  vi.advanceTimersByTime(3000);
  expect(steps).toEqual(['join', 'beat']);

  for (const { resumed } of subscribers) resumed?.(3000);
  await eventually(() => steps.length === 3);
  vi.advanceTimersByTime(1000);
  await leave();
  expect(steps).toEqual(['join', 'beat', 'join', expect.stringMatching(/join|beat/), 'leave']);
});
