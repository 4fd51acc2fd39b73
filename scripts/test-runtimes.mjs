// Runs redpost in other runtimes, bundlers, package managers and test runners, and writes what it works in into
// docs/runtimes.md: npm run test:runtimes, or with names to run only those: npm run test:runtimes -- Bun webpack
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pnpm, turbo } from './pnpm.mjs';
import { prepare } from './prepare.mjs';
import { root, say } from './run.mjs';
import { bundlers } from './runtimes/bundlers.mjs';
import { managers } from './runtimes/managers.mjs';
import { runtimes } from './runtimes/runtimes.mjs';
import { testRunners } from './runtimes/test-runners.mjs';
import { Workplace } from './runtimes/workplace.mjs';

const page = join(root, 'docs', 'runtimes.md');
const groups = [
  { title: 'Runtimes', subjects: runtimes },
  { title: 'Bundlers', subjects: bundlers },
  { title: 'Package managers', subjects: managers },
  { title: 'Test runners', subjects: testRunners },
];
const wanted = process.argv.slice(2);
const isWanted = ({ name }) =>
  wanted.length === 0 || wanted.some((part) => name.toLowerCase().includes(part.toLowerCase()));
const { packageManager } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));

await prepare();
say('building');
if ((await turbo(['build', '--output-logs=errors-only'])) !== 0) process.exit(1);
const { startRedis } = await import('../packages/core/dist/embedded.js');

const redis = await startRedis();
const store = await Workplace.make(redis.url);
const failed = [];
try {
  say('packing');
  const packed = await pack(store);
  const programs = await readPrograms();
  for (const { title, subjects } of groups) {
    for (const subject of subjects.filter(isWanted)) await check(title, subject, packed, programs);
  }
} finally {
  await store.remove();
  await redis.stop();
}

await writePage();
process.exitCode = failed.length > 0 ? 1 : 0;

/** Installs what the subject needs into a project of its own, and runs it there. */
async function check(title, subject, packed, programs) {
  const startedAt = performance.now();
  const project = await Workplace.make(redis.url, programs);
  project.programs = programs;
  try {
    const isManager = title === 'Package managers';
    if (!isManager) {
      await project.write({ 'package.json': { private: true, dependencies: packed } });
      await project.npm('install', ...(subject.packages ?? []));
    }
    subject.version = (await subject.check(project, packed, { pnpm: packageManager })).trim();
    report(title, subject, 'works', startedAt);
  } catch (error) {
    failed.push(subject.name);
    report(title, subject, 'FAILED', startedAt);
    process.stderr.write(`${error.message}\n`);
  } finally {
    await project.remove();
  }
}

function report(title, { name, version = '' }, result, startedAt) {
  const seconds = `${Math.round((performance.now() - startedAt) / 1000)} s`;
  const cells = [title.padEnd(17), name.padEnd(24), version.padEnd(14), result.padEnd(7), seconds];
  process.stdout.write(`${cells.join(' ')}\n`);
}

/** The packages as they will be published, by name, and the peer that MessagePack needs. */
async function pack(place) {
  const packed = { msgpackr: '^2.0.0' };
  for (const name of ['core', 'queue', 'pubsub', 'topic']) {
    const args = ['pack', '--dir', `packages/${name}`, '--pack-destination', place.folder];
    if ((await pnpm(args, { stdio: ['ignore', 'ignore', 'inherit'] })) !== 0) process.exit(1);
    const file = (await readdir(place.folder)).find((entry) =>
      entry.startsWith(`redpost-${name}-`),
    );
    packed[`@redpost/${name}`] = `file:${place.path(file)}`;
  }
  return packed;
}

/** The program that uses all of redpost, as a module and as CommonJS, and what starts it. */
async function readPrograms() {
  const module = await readFile(join(root, 'e2e', 'src', 'runtimes', 'everything.mjs'), 'utf8');
  const commonjs = module
    .replace(/^import (\{.*\}) from (.*);$/gm, 'const $1 = require($2);')
    .replace(/await import\((.*?)\)/g, 'require($1)')
    .replace(
      'export async function everything',
      'module.exports = { everything };\nasync function everything',
    );
  return {
    'everything.mjs': module,
    'everything.cjs': commonjs,
    'run.mjs': "import { everything } from './everything.mjs';\neverything().then(console.log);\n",
    'run.cjs': "require('./everything.cjs').everything().then(console.log);\n",
    'embedded.mjs': `import { startRedis } from '@redpost/core/embedded';
import { everything } from './everything.mjs';
const redis = await startRedis();
process.env.REDIS_URL = redis.url;
console.log(await everything());
await redis.stop();
`,
  };
}

/** Puts what was run into the tables of the page; what was not run now stays as it was. */
async function writePage() {
  const text = await readFile(page, 'utf8');
  const tables = groups.map(({ title, subjects }) => {
    const rows = subjects.map((subject) => rowOf(subject, text)).filter(Boolean);
    return [`### ${title}\n`, '| | version | how |', '|---|---|---|', ...rows, ''].join('\n');
  });
  const marks = /(<!-- runtimes: .*? -->\n)[\s\S]*(<!-- \/runtimes -->)/;
  const written = (_all, begin, end) => `${begin}\n${tables.join('\n')}\n${end}`;
  await writeFile(page, text.replace(marks, written));
  say('docs/runtimes.md is written');
}

/** Only what was run, and works. Names are unique on the page. */
function rowOf({ name, version, how }, text) {
  if (failed.includes(name)) return undefined;
  if (version) return `| ${name} | ${version} | ${how} |`;
  return text.split('\n').find((line) => line.startsWith(`| ${name} | `));
}
