import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the repository is. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** A fenced block of a document. */
export interface Block {
  language: string;
  code: string;
}

/** A piece of TypeScript in a document. */
export interface Example {
  /** Where it stands, e.g. `docs/concepts.md, example 2`. */
  title: string;
  code: string;
  /** Its output, if the document has it in a `text` block right after it. */
  output: string | undefined;
}

/** All documents that are written by hand, relative to the root. */
export async function documents(): Promise<string[]> {
  const folders = ['docs', '.github', 'packages', 'apps', 'bench'];
  const below = await Promise.all(
    folders.map(async (folder) => {
      const files = await readdir(path.join(root, folder), { recursive: true }).catch(() => []);
      return files.map((file) => path.join(folder, file));
    }),
  );
  return [...(await readdir(root)), ...below.flat()]
    .filter((file) => file.endsWith('.md') && !/node_modules|docs\/(api|dist|options)\//.test(file))
    .sort();
}

export function read(document: string): Promise<string> {
  return readFile(path.join(root, document), 'utf8');
}

export function blocksOf(markdown: string): Block[] {
  const fence = /^```(\w*)[^\n]*\n(.*?)^```$/gms;
  return [...markdown.matchAll(fence)].map(([, language = '', code = '']) => ({ language, code }));
}

/**
 * The examples of a document. An example that connects to Redis, or starts one, is a program. Any other
 * continues the first program of its document, in a scope of its own.
 */
export function examplesOf(document: string, markdown: string): Example[] {
  const blocks = blocksOf(markdown);
  const programs = blocks.filter(({ language, code }) => language === 'ts' && isProgram(code));

  return blocks.flatMap(({ language, code }, at) => {
    if (language !== 'ts') return [];
    const next = blocks[at + 1];
    const output = next?.language === 'text' ? next.code : undefined;
    const title = `${document}, ${code.trim().split('\n').at(-1)}`;
    const whole = isProgram(code) ? code : continued(programs[0]?.code ?? '', code);
    return [{ title, code: whole, output }];
  });
}

function isProgram(code: string): boolean {
  return /rediss?:\/\/|startRedis\(/.test(code);
}

function continued(program: string, code: string): string {
  const [imports, rest] = apart(code);
  const [programImports, programRest] = apart(program);
  const all = new Set([...programImports, ...imports]);
  return [...all, ...programRest, '{', ...rest, '}'].join('\n');
}

function apart(code: string): [imports: string[], rest: string[]] {
  const lines = code.split('\n');
  const isImport = (line: string) => /^import .* from /.test(line);
  return [lines.filter(isImport), lines.filter((line) => !isImport(line))];
}
