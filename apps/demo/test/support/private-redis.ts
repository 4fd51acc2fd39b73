import { readdir } from 'node:fs/promises';
import { connect } from '@redpost/core';
import { expect } from 'vitest';
import { eventually } from '../../../../tooling/eventually.js';
import type { Demo } from './start-demo.js';

/** The process id of the Redis that a running demo has started. */
export async function serverPid(demo: Demo): Promise<number> {
  const address = await eventually(
    () => /private Redis at (127\.0\.0\.1:\d+)/.exec(demo.output())?.[1],
  );
  const connection = connect(`redis://${address}`);
  try {
    const info = String(await connection.call('INFO', ['server']));
    return Number(/process_id:(\d+)/.exec(info)?.[1]);
  } finally {
    await connection.close();
  }
}

export async function expectNothingLeft(demo: Demo, pid: number): Promise<void> {
  await eventually(() => !isAlive(pid));
  await eventually(async () => (await readdir(demo.folder)).length === 0);
  expect(await readdir(demo.folder)).toEqual([]);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
