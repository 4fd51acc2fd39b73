import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Progress } from '../../tooling/progress.js';
import { bench } from './bench.js';
import { benchOptions } from './options.js';
import { benchmarksChart } from './report/chart.js';
import { benchmarksPage } from './report/markdown.js';
import { quickSummary } from './report/quick-summary.js';
import { terminalTable } from './report/terminal-table.js';

const options = benchOptions(process.argv.slice(2));
const progress = new Progress();
const results = await bench(options, (step, detail) => progress.show(step, detail));
progress.end();

const { columns: width = 100, isTTY } = process.stdout;
const report =
  options.quick && !options.only
    ? quickSummary(results)
    : terminalTable(results, { color: isTTY && !process.env.NO_COLOR, width });
process.stdout.write(`${report}\n`);

const json = `${JSON.stringify(results, null, 2)}\n`;
if (options.json) await write(resolve(options.json), json);
if (isComplete()) {
  await write(inRepository('bench/results.json'), json);
  await write(inRepository('docs/benchmarks.md'), benchmarksPage(results));
  await write(inRepository('docs/benchmarks.svg'), benchmarksChart(results));
}
process.exitCode = results.failures.length > 0 ? 1 : 0;

/** Only what measured everything, and failed nowhere, replaces what is published. */
function isComplete(): boolean {
  const { quick, only, peers, persistence } = options;
  return !(quick || only || peers || persistence !== 'both' || results.failures.length > 0);
}

function inRepository(path: string): string {
  return new URL(`../../${path}`, import.meta.url).pathname;
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  process.stderr.write(`wrote ${path}\n`);
}
