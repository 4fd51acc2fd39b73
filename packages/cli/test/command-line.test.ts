import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { connect } from '@redpost/core';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { idleMsSince } from '../../../tooling/machine-pace.js';
import { startRedpost, uniqueName, useRedpost } from './support/redpost.js';

const redpost = useRedpost();
const tellClient = fileURLToPath(new URL('support/tell-client.cjs', import.meta.url));

const commands = [
  ['send'],
  ['receive'],
  ['work'],
  ['stats'],
  ['peek'],
  ['find'],
  ['history'],
  ['series'],
  ['update'],
  ['purge'],
  ['destroy'],
  ['publish'],
  ['subscribe'],
  ['ping'],
  ['top'],
  ['topic', 'publish'],
  ['topic', 'read'],
  ['topic', 'groups'],
  ['topic', 'lag'],
  ['topic', 'seek'],
  ['topic', 'dead', 'list'],
  ['topic', 'dead', 'redrive'],
  ['topic', 'dead', 'purge'],
  ['dead', 'list'],
  ['dead', 'show'],
  ['dead', 'groups'],
  ['dead', 'edit'],
  ['dead', 'redrive'],
  ['dead', 'purge'],
  ['dead', 'bounds'],
];

it.each(commands)('%s %s explains itself with examples', async (...command) => {
  const { code, stdout, stderr } = await redpost.run([...command, '--help']);

  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain(`Usage: redpost ${command.join(' ')}`);
  expect(stdout).toContain('Examples:\n  redpost ');
  expect(stdout).toContain('--redis <url>');
});

it('explains all commands when it is called without any', async () => {
  const { code, stdout } = await redpost.run([]);

  expect(code).toBe(0);
  for (const [name] of commands) expect(stdout).toContain(`\n  ${name} `);
});

it.each(['--version', '-v'])('prints its version: %s', async (option) => {
  expect((await redpost.run([option])).stdout).toMatch(/^\d+\.\d+\.\d+\S*\n$/);
});

it.each([
  [['send'], 'redpost send'],
  [['dead', 'list'], 'redpost dead list'],
  [[], 'redpost'],
])('explains a command by help %s', async (names, usage) => {
  const { code, stdout, stderr } = await redpost.run(['help', ...names]);

  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain(`Usage: ${usage} [options]`);
});

it('explains a command by the help of those above it', async () => {
  const { code, stdout, stderr } = await redpost.run(['topic', 'help', 'dead', 'list']);

  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('Usage: redpost topic dead list [options]');
});

it.each([
  [['SEDN', 'q'], 'send'],
  [['help', 'Recieve'], 'receive'],
  [['dead', 'LIST'], 'list'],
  [['Redrive', 'q'], 'dead redrive'],
  [['receive', 'q', '--Folow'], '--follow'],
  [['ping', '--reids', 'x'], '--redis'],
  [['frobnicate'], undefined],
])('asks whether another word was meant: %j', async (args, meant) => {
  const { code, stderr } = await redpost.run(args);

  expect(code).toBe(2);
  expect(/did you mean ([-\w ]+)\?/.exec(stderr)?.[1]).toBe(meant);
});

it.each([
  ['an unknown command', ['foo'], /unknown command 'foo'/],
  ['an unknown option', ['send', 'q', '--cuont'], /unknown option '--cuont'.*redpost send --help/],
  ['a missing argument', ['send'], /missing required argument 'queue'/],
  ['a superfluous argument', ['ping', 'x'], /too many arguments/],
  ['a missing option', ['work', 'q'], /--exec/],
  ['a number that is none', ['receive', 'q', '--count', 'x'], /whole number/],
  ['a duration that is none', ['send', 'q', '1', '--delay', '5x'], /duration such as/],
  ['a duration without a unit', ['send', 'q', '1', '--delay', '5'], /Write a unit: 5ms, 5s or 5m/],
  ['a command that help does not know', ['help', 'nosuch'], /unknown command 'nosuch'/],
  ['a command that help of others does not know', ['topic', 'help', 'nosuch'], /unknown .* topic /],
  ['a header that is none', ['send', 'q', '1', '--header', 'x'], /name=value/],
  ['options that exclude each other', ['send', 'q', '1', '--bare', '--id', 'x'], /cannot be used/],
  ['an id for two bodies', ['send', 'q', '1', '2', '--id', 'x'], /one body/],
  ['an id for the lines of stdin', ['send', 'q', '--id', 'x'], /one body/],
  ['a body that is not JSON', ['send', 'q', 'hello'], /"hello" is not JSON.*--codec text/],
  ['a body that is not base64', ['send', 'q', 'x', '--codec', 'base64'], /not base64/],
  ['a codec there is not', ['send', 'q', 'x', '--codec', 'xml'], /Allowed choices/],
  ['a name that cannot be a queue', ['send', '{q}', '1'], /name of a queue/],
  ['a URL of something else', ['ping', '--redis', 'http://x'], /starts with redis:/],
  ['two places at once', ['ping', '--redis', 'redis://x', '--embedded'], /exclude each other/],
])('answers %s with one line on stderr and exit code 2', async (_, args, message) => {
  const { code, stdout, stderr } = await redpost.run(args);

  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(message);
  expect(stderr).toMatch(/^redpost: [^\n]+\n$/);
});

it('sends nothing when one of several bodies is wrong', async () => {
  const queue = uniqueName();

  expect((await redpost.run(['send', queue, '1', 'wrong', '3'])).code).toBe(2);
  expect(await redpost.redisCli('LLEN', queue)).toBe('0');
});

it.each([
  [['ping']],
  [['send', 'q', '1']],
  [['receive', 'q']],
  [['work', 'q', '--exec', 'cat']],
  [['subscribe', 'c']],
])('says within 5 s where there is no Redis, and how to get one: %s', async (args) => {
  const started = performance.now();

  const { code, stdout, stderr } = await redpost.run([...args, '--redis', 'redis://127.0.0.1:1']);

  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^redpost: Redis at 127\.0\.0\.1:1 cannot be reached.*redis-server.*\n$/);
  expect(idleMsSince(started)).toBeLessThan(5000);
});

it('gives up within 5 s on a server that never answers', async () => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1');
  onTestFinished(() => void silent.close());
  await eventually(() => silent.listening);
  const { port } = silent.address() as { port: number };
  const started = performance.now();

  const { code, stderr } = await redpost.run(['ping', '--redis', `redis://127.0.0.1:${port}`]);

  expect(code).toBe(1);
  expect(stderr).toContain(`127.0.0.1:${port} cannot be reached`);
  expect(idleMsSince(started)).toBeLessThan(5000);
});

it.each([
  ['unreachable', ['ping', '--verbose'], { REDIS_URL: 'redis://me:s3cret@127.0.0.1:1' }],
  ['refused', ['ping', '--verbose'], { REDIS_URL: 'redis://me:s3cret@127.0.0.1:PORT' }],
  ['not a URL', ['ping', '--redis', 'redis://me:s3cret@x y'], {}],
  ['percent', ['ping', '--redis', 'redis://me:s3cret%@host'], {}],
  ['slash', ['ping', '--redis', 'redis://me:/s3cret@host'], {}],
  ['mistyped option', ['ping', '--redsi=redis://me:s3cret@host'], {}],
])('never prints a password: %s', async (_, args, env) => {
  const port = new URL(redpost.url).port;
  const urls = Object.entries<string>({ ...env }).map(([name, url]) => [
    name,
    url.replace('PORT', port),
  ]);

  const { code, stdout, stderr } = await startRedpost(args, { env: Object.fromEntries(urls) })
    .ended;

  expect(code).toBeGreaterThan(0);
  expect(stdout + stderr).not.toContain('s3cret');
});

it('prefers --redis to REDIS_URL, before and after the command', async () => {
  const env = { REDIS_URL: 'redis://127.0.0.1:1' };

  expect((await redpost.run(['--redis', redpost.url, 'ping'], { env })).code).toBe(0);
  expect((await redpost.run(['ping', '--redis', redpost.url], { env })).code).toBe(0);
});

it('starts a private Redis that others can reach until it ends', async () => {
  const working = startRedpost(['--embedded', 'work', 'task', '--exec', 'cat']);
  const url = await eventually(() => /redis:\/\/[\d.:]+/.exec(working.stderr)?.[0]);

  expect((await redpost.run(['send', 'task', '"hello"', '--redis', url])).code).toBe(0);
  await eventually(() => working.stdout === '"hello"');
  working.process.kill('SIGINT');

  expect((await working.ended).code).toBe(0);
  const connection = connect(url, { callTimeoutMs: 200 });
  connection.on('error', () => {});
  await expect(connection.ping()).rejects.toThrow('cannot be reached');
  await connection.close();
});

it('prints a stack only when asked to', async () => {
  const args = ['ping', '--redis', 'redis://127.0.0.1:1'];

  expect((await redpost.run(args)).stderr).not.toContain('    at ');
  expect((await redpost.run([...args, '--verbose'])).stderr).toContain('    at ');
});

it.each([
  [['--help'], false],
  [['send', '--help'], false],
  [['frobnicate'], false],
  [['completion', 'bash'], false],
  [['man'], false],
  [['ping'], true],
])('%s loads the client of Redis: %s', async (args, isLoaded) => {
  const { stderr } = await redpost.start(args, { env: { NODE_OPTIONS: `--require ${tellClient}` } })
    .ended;

  expect(stderr).toContain(`client loaded: ${isLoaded}`);
});

it('completes commands and options in bash', async () => {
  const complete = (...words: string[]) =>
    redpost.shell(`
      source <(redpost completion bash)
      COMP_WORDS=(redpost ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}
      _redpost; echo "\${COMPREPLY[@]}"`);

  expect((await complete('se')).stdout).toBe('send series\n');
  expect((await complete('dead', 'red')).stdout).toBe('redrive\n');
  expect((await complete('dead', 'redrive', 'q', '--ra')).stdout).toBe('--rate\n');
  expect((await complete('--redis', 'x', 'send', 'q', '--del')).stdout).toBe('--delay\n');
  expect((await redpost.run(['completion', 'tcsh'])).stderr).toContain('bash, zsh or fish');
});

it.each(['zsh', 'fish'])('prints a script for %s that knows all commands', async (shell) => {
  const { code, stdout } = await redpost.run(['completion', shell]);

  expect(code).toBe(0);
  for (const command of commands) expect(stdout).toContain(`'${command.join(' ')}'`);
});

it('prints a manual page that troff reads without a complaint', async () => {
  const { stdout, stderr } = await redpost.shell('redpost man | groff -k -man -Tutf8 -ww -P-cbou');

  expect(stderr).toBe('');
  for (const command of commands) expect(stdout).toContain(`redpost ${command.join(' ')} `);
  expect(stdout).toContain('--delay <duration>');
});
