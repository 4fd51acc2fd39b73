import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import type { Reliability } from '../src/reliability.js';
import { reliabilityPage } from '../src/report/page.js';

const program = fileURLToPath(new URL('../dist/index.js', import.meta.url));
const run = (...args: string[]) => promisify(execFile)('node', [program, ...args]);

it('runs the chosen faults, and tells what it found as a table, as JSON and as a page', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'redpost-faults-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'reliability.json');

  const options = ['--minutes', '0.01', '--seed', '7', '--only', 'flush-scripts', '--json', file];
  const { stdout } = await run(...options);
  const results = JSON.parse(await readFile(file, 'utf8')) as Reliability;
  const page = reliabilityPage(results);

  const [found, ...others] = results.faults;
  expect(others).toEqual([]);
  expect(results.seed).toBe(7);
  expect(found).toMatchObject({ name: 'flush-scripts', runs: 1, lost: 0, wrong: [] });
  expect(found?.happened).toBeGreaterThan(0);
  expect(stdout).toContain('seed 7');
  expect(stdout).toMatch(/^flush-scripts +\d+ .* ok$/m);
  expect(page).toContain('npm run faults -- --seed 7');
  expect(page).toMatch(/^\| \[flush-scripts\]\(#flush-scripts\) \| \d+ \|/m);
});

it('refuses a fault that it does not know, and names those it knows', async () => {
  await expect(run('--only', 'good-luck')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('kill-consumers'),
  });
});
