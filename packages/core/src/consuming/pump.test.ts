import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Pump } from './pump.js';

vi.mock('../runtime/timers.js', async (original) => {
  const { fakeableTimers } = await import('../../../../tooling/fakeable-timers.js');
  return { ...(await original<object>()), ...fakeableTimers };
});

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

function counted() {
  const sent = { times: 0 };
  const pump = new Pump(() => {
    sent.times += 1;
  });
  return { sent, pump };
}

it('sends nothing before it starts and after it ends', () => {
  const { sent, pump } = counted();
  pump.now();
  expect(sent.times).toBe(0);
  pump.start();
  expect(sent.times).toBe(1);
  pump.end();
  pump.now();
  pump.start();
  expect(sent.times).toBe(1);
});

it('sends once per tick, however often it is asked', async () => {
  const { sent, pump } = counted();
  pump.start();
  for (let times = 0; times < 5; times += 1) pump.soon();
  await new Promise(process.nextTick);

  expect(sent.times).toBe(2);
});

it('pauses after a failure, each time twice as long, until a call has worked', () => {
  const { sent, pump } = counted();
  pump.start();
  const pauses = [];
  for (let failures = 0; failures < 8; failures += 1) {
    if (failures === 7) pump.worked();
    pump.pause();
    pump.now();
    const before = sent.times;
    let waited = 0;
    for (; sent.times === before; waited += 1) vi.advanceTimersByTime(1);
    pauses.push(waited);
  }

  expect(pauses).toEqual([50, 100, 200, 400, 800, 1600, 2000, 50]);
});

it('a pause does not outlast the end', () => {
  const { sent, pump } = counted();
  pump.start();
  pump.pause();
  pump.end();
  vi.advanceTimersByTime(5000);

  expect(sent.times).toBe(1);
});
