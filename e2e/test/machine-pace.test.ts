import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../tooling/eventually.js';
import { idleMsSince, slowness, timeLimit } from '../../tooling/machine-pace.js';

it('time on a busy machine counts as less, and its limit is further away', async () => {
  for (let count = 0; count < 3 * availableParallelism(); count += 1) {
    const busy = spawn(process.execPath, ['--eval', 'for (;;);']);
    onTestFinished(() => void busy.kill('SIGKILL'));
  }
  await eventually(() => slowness() > 1.5);

  const startedAt = performance.now();
  const isOver = timeLimit(100);
  while (performance.now() < startedAt + 110) slowness();

  expect(isOver()).toBe(false);
  expect(idleMsSince(startedAt)).toBeLessThan(performance.now() - startedAt);
  await eventually(isOver);
});
