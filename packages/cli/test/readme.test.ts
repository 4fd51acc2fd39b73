import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { useRedpost } from './support/redpost.js';

const redpost = useRedpost();
const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');

it('the tour of the README runs as it is printed', async () => {
  const [, tour = ''] = /## A tour\n\n```sh\n(.*?)```/s.exec(readme) ?? [];
  const lines = tour.trimEnd().split('\n').slice(1);
  // These two end with Ctrl-C.
  const ending = lines.filter((line) => !/^redpost (work|subscribe)/.test(line));
  expect([lines.length, ending.length]).toEqual([9, 7]);

  const { code, stdout, stderr } = await redpost.shell(`
    set -euo pipefail
    redis-cli() { command redis-cli -u "$REDIS_URL" "$@"; }
    jq() { cat; }
    cd "$(mktemp -d)"; trap 'rm -r "$PWD"' EXIT
    echo '{"to":"from a file"}' > bodies.ndjson
    ${ending.join('\n').replace('--count 10', '--count 3')}
  `);

  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  for (const text of [
    'PONG from',
    'a@example.com',
    'from a file',
    'x@example.com',
    '"redriven":0',
  ]) {
    expect(stdout).toContain(text);
  }
});

it('the README tells of every command', async () => {
  const { stdout } = await redpost.run(['--help']);
  const names = [...stdout.matchAll(/^ {2}([a-z]+) .*?(?:\[options\]|<)/gm)].map(
    ([, name]) => name,
  );

  expect(names.length).toBeGreaterThan(7);
  for (const name of names) expect(readme).toMatch(new RegExp(`\\| \`${name}[ \`]`));
});
