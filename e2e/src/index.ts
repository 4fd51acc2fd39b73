import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { connect } from '@redpost/core';
import { startRedis } from '@redpost/core/embedded';
import { machine } from '../../tooling/machine.js';
import { Progress } from '../../tooling/progress.js';
import { faults } from './faults/index.js';
import { repeatFault } from './faults/repeat-fault.js';
import { faultsOptions, publishableMinutes } from './options.js';
import type { FaultResult, Reliability } from './reliability.js';
import { reliabilityPage } from './report/page.js';
import { tableHead, tableRow } from './report/terminal.js';

const options = faultsOptions(process.argv.slice(2));
const { seed, minutes, only } = options;
const chosen = faults.filter(({ name }) => only?.includes(name) ?? true);
const startedAt = new Date();
const progress = new Progress();

say(`seed ${seed}, about ${minutes} min\n\n${tableHead()}`);
const found: FaultResult[] = [];
for (const fault of chosen) {
  const result = await repeatFault(fault, {
    seed,
    withinMs: (minutes * 60_000) / chosen.length,
    onRun: (run) => progress.show(fault.name, `run ${run}`),
  });
  found.push(result);
  progress.end();
  say(tableRow(result));
  for (const wrong of result.wrong) say(`    ${wrong}`);
}

const results: Reliability = {
  startedAt: startedAt.toISOString(),
  tookMs: Date.now() - startedAt.getTime(),
  seed,
  minutes,
  machine: { ...machine(), redis: await redisVersion() },
  faults: found,
};
const json = `${JSON.stringify(results, null, 2)}\n`;
if (options.json) await write(resolve(options.json), json);

const wrong = found.filter((result) => result.wrong.length > 0);
for (const { name } of wrong) {
  say(`\n${name} again: npm run faults -- --only ${name} --seed ${seed} --minutes ${share()}`);
}
if (wrong.length > 0) process.exitCode = 1;
else if (!only && minutes >= publishableMinutes) {
  await write(inRepository('e2e/reliability.json'), json);
  await write(inRepository('docs/reliability.md'), reliabilityPage(results));
}

/** The minutes that one fault had. */
function share(): number {
  return Number((minutes / chosen.length).toFixed(2));
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function redisVersion(): Promise<string> {
  await using redis = await startRedis();
  await using connection = connect(redis.url);
  const info = String(await connection.call('INFO', ['server']));
  return /^(?:valkey|redis)_version:(\S+)/m.exec(info)?.[1] ?? 'unknown';
}

function inRepository(path: string): string {
  return new URL(`../../${path}`, import.meta.url).pathname;
}

async function write(path: string, text: string): Promise<void> {
  await writeFile(path, text);
  process.stderr.write(`wrote ${path}\n`);
}
