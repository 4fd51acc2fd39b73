import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type EmbeddedRedis, startRedis } from '@redpost/core/embedded';
import ts from 'typescript';
import { afterAll, beforeAll, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = await readFile(path.join(root, 'README.md'), 'utf8');
const programs = blocks('ts').filter((code) => code.includes('import '));

let redis: EmbeddedRedis;
let folder: string;

beforeAll(async () => {
  redis = await startRedis();
  // Inside this package, so that its dependencies are found.
  folder = await mkdtemp(path.join(root, 'e2e', 'node_modules', '.readme-'));
});

afterAll(async () => {
  await redis?.stop();
  await rm(folder, { recursive: true, force: true });
});

it('the README has an example for queue, pubsub, topic and core', () => {
  expect(programs).toHaveLength(4);
});

it('the examples of the README fit the published types', { timeout: 60_000 }, async () => {
  const files = await Promise.all(programs.map((code, at) => save(`${at}.ts`, code)));
  const program = ts.createProgram(files, {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    lib: ['lib.es2022.d.ts', 'lib.esnext.disposable.d.ts'],
    types: ['node'],
    typeRoots: [path.join(root, 'node_modules', '@types')],
  });
  const problems = ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
  expect(problems).toEqual([]);
});

it('the queue example handles both messages and ends at SIGINT', async () => {
  const output = await run(programs[0], { interruptAfter: 'mail to later@b.c' });
  expect(output).toBe('mail to a@b.c, attempt 1\nmail to later@b.c, attempt 1\n');
});

it('the publish/subscribe example receives what it publishes', async () => {
  expect(await run(programs[1])).toBe('receivers: 1\nmychannel: hello everyone\n');
});

it('the topic example reads what was published before', async () => {
  expect(await run(programs[2])).toContain('seen 1\n');
});

it('the core example starts a Redis of its own and takes from a list', async () => {
  expect(await run(programs[3])).toBe('task1 of 2\n');
});

it('the shell example sends, receives and counts', async () => {
  const commands = blocks('sh').find((block) => block.startsWith('redpost send'));
  const manifest = createRequire(import.meta.url).resolve('@redpost/cli/package.json');
  const bin = path.join(path.dirname(manifest), 'dist', 'bin.js');
  const script = `redpost() { "${process.execPath}" "${bin}" "$@"; }\nset -e\n${commands}`;

  const { stdout } = await promisify(execFile)('bash', ['-c', script], {
    env: { ...process.env, REDIS_URL: redis.url },
    timeout: 30_000,
  });

  const lines = stdout.trim().split('\n');
  expect(lines.slice(2, 4).map((line) => JSON.parse(line).body)).toEqual([
    { to: 'a@b.c' },
    { to: 'd@e.f' },
  ]);
  expect(stdout).toMatch(/pending\D+0/);
});

function blocks(language: string): string[] {
  const fence = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms');
  return [...readme.matchAll(fence)].map(([, code = '']) => code);
}

async function save(name: string, code: string): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, code.replace('redis://localhost:6379', redis.url));
  return file;
}

/** Runs an example as it is printed, apart from the address and the types; resolves to its output. */
async function run(code = '', { interruptAfter = '' } = {}): Promise<string> {
  const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  const javascript = ts.transpileModule(code, { compilerOptions: options }).outputText;
  const file = await save(`${Math.random().toString(36).slice(2)}.mjs`, javascript);
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  for await (const chunk of child.stdout) {
    output += chunk;
    if (interruptAfter && output.includes(interruptAfter)) child.kill('SIGINT');
  }
  const exitCode = child.exitCode ?? (await new Promise((resolve) => child.once('exit', resolve)));
  expect(exitCode).toBe(0);
  return output;
}
