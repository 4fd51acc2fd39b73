import { join } from 'node:path';
import { type EmbeddedRedis, startRedis } from '@redpost/core/embedded';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Consumer, managers, resolutions } from '../src/release/consumer.js';
import { runWithPnpm } from '../src/release/pnpm.js';
import {
  entriesOf,
  type PublishedPackage,
  publishedPackages,
  readManifest,
  root,
} from '../src/release/published-packages.js';
import { readmeExample, withoutTopLevelAwait } from '../src/release/readme-example.js';
import { Registry } from '../src/release/registry.js';
import { RepositoryCopy } from '../src/release/repository-copy.js';
import { run } from '../src/release/run.js';

const packages = publishedPackages();
const libraries = packages.filter((pkg) => entriesOf(pkg).length > 0);
const commands = packages.filter(({ manifest }) => manifest.bin);
const nodeTypes = '@types/node@20';

let registry: Registry;
let redis: EmbeddedRedis;

beforeAll(async () => {
  registry = await Registry.start();
  redis = await startRedis();
  await publish();
});

afterAll(async () => {
  await redis?.stop();
  await registry?.stop();
});

describe('installed with npm', () => {
  it.concurrent.each(libraries)(
    '$name alone loads in both formats, with types, and the example of its README runs',
    async (pkg) => {
      const consumer = await Consumer.make(registry, 'npm');
      await consumer.install(pkg.name, nodeTypes, ...frameworkOf(pkg));

      await expectBothFormats(consumer, pkg);
      // Declarations of a framework need other settings than those here: e2e/test/documents.test.ts compiles examples.
      if (frameworkOf(pkg).length > 0) return;
      const types = filesOf('types', useOfTypes(pkg));
      await consumer.write(types);
      await consumer.compile(['node16'], Object.keys(types));

      // In the same folder, because an installation takes longer than all else here.
      const { installs } = readmeExample(pkg);
      await consumer.install(...installs);
      const example = exampleOf(pkg);
      await consumer.write(example);
      await consumer.compile(resolutions, Object.keys(example));
      await runExample(consumer, pkg);
    },
  );
});

// Even so, each package finds only what it declares: pnpm gives each a folder of dependencies of its own.
it('installed with pnpm, all packages load in both formats, with types also for TypeScript 6, and the examples of their READMEs run', async () => {
  const consumer = await Consumer.make(registry, 'pnpm');
  const compiled = libraries.filter((pkg) => frameworkOf(pkg).length === 0);
  const names = libraries.map(({ name }) => name);
  const frameworks = libraries.flatMap(frameworkOf);
  const others = compiled.flatMap((pkg) => readmeExample(pkg).installs);
  await consumer.install(...new Set([...names, nodeTypes, ...frameworks, ...others]));
  for (const pkg of libraries) await expectBothFormats(consumer, pkg);

  const files = compiled.map((pkg) => ({
    ...filesOf(`types-of-${shortNameOf(pkg)}`, useOfTypes(pkg)),
    ...exampleOf(pkg),
  }));
  const sources = Object.assign({}, ...files);
  await consumer.write(sources);
  await consumer.compileWith6(resolutions, Object.keys(sources));
  for (const pkg of compiled) await runExample(consumer, pkg);
});

it('the tarballs of npm run tarballs are installed by npm, and work', async () => {
  await run('npm', ['run', 'tarballs'], { cwd: root, timeoutMs: 600_000 });
  const { version } = readManifest(join(root, 'packages', 'core'));
  const tarball = (name: string) => join(root, 'tarballs', `redpost-${name}-${version}.tgz`);
  const consumer = await Consumer.make(registry, 'npm');
  const needed = new Set(['cli']);
  for (const name of needed) {
    const { dependencies = {} } = readManifest(join(root, 'packages', name));
    for (const dependency of Object.keys(dependencies)) {
      if (dependency.startsWith('@redpost/')) needed.add(dependency.slice('@redpost/'.length));
    }
  }
  await consumer.install(...[...needed].map(tarball));

  expect(await consumer.namesOf(`await import('@redpost/queue')`)).toContain('Queue');
  const redpost = join('node_modules', '.bin', 'redpost');
  expect(await run(redpost, ['--help'], { cwd: consumer.folder })).toContain('Usage: redpost');
});

describe.each(managers)('installed with %s', (manager) => {
  it.concurrent('a heartbeat from a thread finds the file that it runs', async () => {
    const consumer = await Consumer.make(registry, manager);
    await consumer.install('@redpost/core', '@redpost/queue');
    await consumer.write({
      'blocks.mjs': blockingProgram(`blocked-${manager}-module`),
      'blocks.cjs': withoutTopLevelAwait(blockingProgram(`blocked-${manager}-commonjs`)).replace(
        /import (.*) from (.*);/g,
        'const $1 = require($2);',
      ),
    });

    expect(await consumer.node('blocks.mjs')).toBe('attempt 1\nacked 1\n');
    expect(await consumer.node('blocks.cjs')).toBe('attempt 1\nacked 1\n');
  });
});

describe.each(commands)('npx $name', (pkg) => {
  it('says what it can do', async () => {
    expect(await npx(pkg, '--help')).toContain(`Usage: ${Object.keys(pkg.manifest.bin ?? {})[0]}`);
  });

  it('sends a message and receives it', async () => {
    await npx(pkg, 'send', 'installed', '{"to":"a@example.com"}');
    const received = await npx(pkg, 'receive', 'installed');
    expect(JSON.parse(received)).toMatchObject({ body: { to: 'a@example.com' }, attempt: 1 });
  });
});

async function expectBothFormats(consumer: Consumer, pkg: PublishedPackage): Promise<void> {
  for (const { specifier } of entriesOf(pkg)) {
    const asModule = await consumer.namesOf(`await import('${specifier}')`);
    expect(asModule.length).toBeGreaterThan(0);
    expect(await consumer.namesOf(`require('${specifier}')`)).toEqual(asModule);
  }
}

/** The first program of its README, as a module and as CommonJS. */
function exampleOf(pkg: PublishedPackage): Record<string, string> {
  const program = ending(readmeExample(pkg).code.replace('redis://localhost:6379', redis.url));
  return filesOf(exampleNameOf(pkg), program, withoutTopLevelAwait(program));
}

/** Runs both, after they were compiled. */
async function runExample(consumer: Consumer, pkg: PublishedPackage): Promise<void> {
  const { prints } = readmeExample(pkg);
  const compiled = `out-node16/${exampleNameOf(pkg)}`;
  const printed = await consumer.node(`${compiled}.mjs`);
  expect(printed).toMatch(/\w/);
  if (prints) expect(printed).toBe(`${prints}\n`);
  expect(await consumer.node(`${compiled}.cjs`)).toBe(printed);
}

function filesOf(name: string, module: string, commonjs = module): Record<string, string> {
  return { [`${name}.mts`]: module, [`${name}.cts`]: commonjs };
}

function exampleNameOf(pkg: PublishedPackage): string {
  return `example-of-${shortNameOf(pkg)}`;
}

function shortNameOf({ name }: PublishedPackage): string {
  return name.replace('@redpost/', '');
}

/** A consumer that blocks its event loop for longer than its lease, and would lose it without help. */
function blockingProgram(queue: string): string {
  return `import { connect } from '@redpost/core';
import { Queue } from '@redpost/queue';
const connection = connect('${redis.url}');
const queue = new Queue('${queue}', { connection });
await queue.send('work');
const consumer = queue.consume(({ attempt }) => {
  console.log('attempt', attempt);
  for (const until = Date.now() + 1500; Date.now() < until; );
}, { leaseMs: 500, heartbeat: 'thread' });
consumer.on('lost', () => console.log('lost'));
await new Promise((drained) => consumer.on('drained', drained));
await consumer.stop();
console.log('acked', (await queue.stats()).total.acked);
await connection.close();
`;
}

/** A program that serves asks itself for its page, tells the status, and ends. */
function ending(program: string): string {
  const [, port] = /\.listen\((\d+)/.exec(program) ?? [];
  if (!port) return program;
  const free = 20_000 + Math.floor(Math.random() * 10_000);
  return `${program.replace(port, String(free))}
console.log((await fetch('http://127.0.0.1:${free}/')).status);
process.exit();
`;
}

/** The framework that a package is for, in the version that it is developed with. None for most packages. */
function frameworkOf({ manifest }: PublishedPackage): string[] {
  const { peerDependencies = {}, devDependencies = {} } = manifest;
  const names = Object.keys(peerDependencies);
  if (!names.some((name) => name.startsWith('@nestjs/'))) return [];
  return names.map((name) => `${name}@${(devDependencies as Record<string, string>)[name]}`);
}

/** A program that needs the declarations of every entry, but those that another library must complete. */
function useOfTypes(pkg: PublishedPackage): string {
  const peers = Object.keys(pkg.manifest.peerDependencies ?? {});
  const alone = entriesOf(pkg).filter(
    ({ specifier }) => !peers.some((peer) => specifier.endsWith(`/${peer}`)),
  );
  const lines = alone.flatMap(({ specifier }, at) => [
    `import * as entry${at} from '${specifier}';`,
    `export type Names${at} = keyof typeof entry${at};`,
  ]);
  return `${lines.join('\n')}\n`;
}

/** Publishes the packages as the next release will be, from a copy of the repository. */
async function publish(): Promise<void> {
  const changeset = join(root, 'node_modules', '.bin', 'changeset');
  const copy = await RepositoryCopy.make();
  try {
    await copy.bringBuilds();
    await copy.run(changeset, ['version']);
    await registry.configure(copy.folder);
    // Ten packages, each with what its prepack does: on a busy machine that takes minutes.
    const options = { cwd: copy.folder, env: registry.env, timeoutMs: 600_000 };
    await runWithPnpm([changeset, 'publish'], options);
  } finally {
    await copy.remove();
  }
}

async function npx({ name }: PublishedPackage, ...args: string[]): Promise<string> {
  return run('npx', ['--yes', name, ...args], {
    cwd: await registry.folder('npx'),
    env: { ...registry.env, REDIS_URL: redis.url },
  });
}
