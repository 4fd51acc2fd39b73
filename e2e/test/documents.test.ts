import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import { connect } from '@redpost/core';
import { type EmbeddedRedis, startRedis } from '@redpost/core/embedded';
import ts from 'typescript';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { blocksOf, documents, type Example, examplesOf, read, root } from '../src/documents.js';

const names = await documents();
const texts = new Map(
  await Promise.all(names.map(async (name) => [name, await read(name)] as const)),
);
const examples = names.flatMap((name) => examplesOf(name, texts.get(name) ?? ''));
const printing = examples.filter(({ output }) => output !== undefined);

let redis: EmbeddedRedis;
let folder: string;

beforeAll(async () => {
  redis = await startRedis();
  // Inside this package, so that its dependencies are found.
  folder = await mkdtemp(path.join(root, 'e2e', 'node_modules', '.documents-'));
});

beforeEach(async () => {
  await using connection = connect(redis.url);
  await connection.call('FLUSHALL', []);
});

afterAll(async () => {
  await redis?.stop();
  await rm(folder, { recursive: true, force: true });
});

it('there are examples, and most programs say what they print', () => {
  expect(examples.length).toBeGreaterThan(30);
  expect(printing.length).toBeGreaterThan(15);
});

it('every example fits the published types', async () => {
  const files = await Promise.all(examples.map(({ code }, at) => save(`${at}.ts`, code)));
  const program = ts.createProgram(files, {
    strict: true,
    experimentalDecorators: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    lib: ['lib.es2022.d.ts', 'lib.esnext.disposable.d.ts'],
    types: ['node'],
    typeRoots: [path.join(root, 'node_modules', '@types')],
  });
  const problems = ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
    const at = Number(path.parse(file?.fileName ?? '').name);
    return `${examples[at]?.title}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
  expect(problems).toEqual([]);
});

it.each(printing)(
  '$title: prints the output in the document',
  async ({ code, output }: Example) => {
    expect(await run(code, output)).toBe(output);
  },
);

it('the shell example of the README sends, receives and counts', async () => {
  const blocks = blocksOf(texts.get('README.md') ?? '');
  const commands = blocks.find(({ code }) => code.startsWith('redpost send'))?.code;
  const manifest = createRequire(import.meta.url).resolve('@redpost/cli/package.json');
  const bin = path.join(path.dirname(manifest), 'dist', 'bin.js');
  const script = `redpost() { "${process.execPath}" "${bin}" "$@"; }\nset -e\n${commands}`;

  const { stdout } = await promisify(execFile)('bash', ['-c', script], {
    env: { ...process.env, REDIS_URL: redis.url },
    timeout: 30_000,
  });

  const lines = stdout.trim().split('\n');
  expect(lines.slice(2, 4).map((line) => JSON.parse(line).body)).toEqual([
    { to: 'a@example.com' },
    { to: 'd@example.com' },
  ]);
  expect(stdout).toMatch(/pending\D+0/);
});

it('the figures are those of bench/results.json', async () => {
  const check = promisify(execFile)(process.execPath, ['scripts/figures.mjs', '--check'], {
    cwd: root,
  });
  await expect(check, 'node scripts/figures.mjs writes them').resolves.toBeDefined();
});

// The site has room for so many at 1280 px, see docs/.vitepress/theme/style.css. Other languages are wrapped there.
it.each(names)('%s: no line of code is cut on the site', (name) => {
  const code = blocksOf(texts.get(name) ?? '').filter(({ language }) => language === 'ts');
  const long = code.flatMap((block) => block.code.split('\n').filter((line) => line.length > 100));
  expect(long).toEqual([]);
});

describe('links from one file to another', () => {
  it.each(names)('%s: lead to a file, and to a heading in it', (name) => {
    const dead = linksOf(texts.get(name) ?? '').filter((link) => !leadsSomewhere(name, link));
    expect(dead).toEqual([]);
  });
});

function linksOf(markdown: string): string[] {
  const prose = markdown.replace(/^```.*?^```$/gms, '').replace(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link));
}

function leadsSomewhere(from: string, link: string): boolean {
  const [file = '', anchor] = link.split('#');
  const target = file === '' ? from : path.join(path.dirname(from), decodeURI(file));
  if (!existsSync(path.join(root, target))) return false;
  const text = texts.get(target);
  return anchor === undefined || text === undefined || anchorsOf(text).includes(anchor);
}

/** The names that GitHub and the site give to headings. */
function anchorsOf(markdown: string): string[] {
  return [...markdown.replace(/^```.*?^```$/gms, '').matchAll(/^#+ (.*)$/gm)].map(
    ([, title = '']) =>
      title
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replace(/\s/g, '-'),
  );
}

async function save(name: string, code: string): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, code.replaceAll('redis://localhost:6379', redis.url));
  return file;
}

/** Runs an example as it is printed, apart from the address and the types; resolves to its output. */
async function run(code: string, expected = ''): Promise<string> {
  const options = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    experimentalDecorators: true,
  };
  const javascript = ts.transpileModule(code, { compilerOptions: options }).outputText;
  const file = await save(`${Math.random().toString(36).slice(2)}.mjs`, javascript);
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  // What goes on for ever is ended as a person would, once it has said everything.
  const isEndless = code.includes("'SIGINT'");

  let output = '';
  for await (const chunk of child.stdout) {
    output += chunk;
    if (isEndless && output.length >= expected.length) child.kill('SIGINT');
  }
  const [exitCode] = await exited;
  expect(exitCode).toBe(0);
  return output;
}
