import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import type { Results } from '../src/results.js';

const program = fileURLToPath(new URL('../dist/index.js', import.meta.url));

it('measures redpost beside a peer, and tells it as a table and as JSON', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'redpost-bench-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'results.json');

  const options = ['--quick', '--only', 'single', '--peers', 'ioredis-safe', '--runs', '1'];
  const { stdout } = await promisify(execFile)('node', [program, ...options, '--json', file]);
  const results = JSON.parse(await readFile(file, 'utf8')) as Results;

  expect(results.failures).toEqual([]);
  expect(results.measures.map(({ name }) => name)).toEqual(['send', 'consume']);
  for (const { subjects } of results.measures) {
    expect(subjects.map(({ name }) => name)).toEqual(['redpost', 'ioredis-safe']);
    for (const { median } of subjects) expect(median).toBeGreaterThan(100);
  }
  expect(stdout).toContain('send, 100 concurrent callers');
});

it('says in a line which program of another language is not installed, and measures the rest', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'redpost-bench-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const redis = (await promisify(execFile)('which', ['redis-server'])).stdout.trim();
  await symlink(redis, join(folder, 'redis-server'));
  const file = join(folder, 'results.json');

  const options = ['--quick', '--only', 'other-languages-100', '--peers', 'sidekiq', '--runs', '1'];
  const args = [program, ...options, '--json', file];
  await promisify(execFile)(process.execPath, args, { env: { ...process.env, PATH: folder } });
  const results = JSON.parse(await readFile(file, 'utf8')) as Results;

  expect(results.failures).toEqual([]);
  expect(results.leftOut).toContain('Sidekiq: no `sidekiq` on PATH (apt-get install ruby-sidekiq)');
  for (const { subjects } of results.measures) {
    expect(subjects.map(({ name }) => name)).toEqual(['redpost']);
  }
});
