import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { useRedpost } from './support/redpost.js';

const redpost = useRedpost();

it('dashboard serves the page and its API until SIGTERM, and changes nothing with --read-only', async () => {
  const running = redpost.start([
    'dashboard',
    ...['--port', '0', '--base-path', '/admin', '--read-only'],
  ]);
  const url = await eventually(() => /http:\S+/.exec(running.stderr)?.[0].replace(/;$/, ''));
  expect(url).toMatch(/\/admin\/$/);
  expect(await (await fetch(url)).text()).toContain('<title>redpost</title>');
  const pause = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } };
  expect((await fetch(`${url}api/queues/q/pause`, pause)).status).toBe(403);
  running.process.kill('SIGTERM');
  expect((await running.ended).code).toBe(0);
});

it('dashboard says that its port is taken, and which options exclude each other', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => {
    other.close();
  });
  await eventually(() => other.listening);
  const { port } = other.address() as AddressInfo;
  const taken = await redpost.run(['dashboard', '--port', String(port)]);
  expect([taken.code, taken.stderr]).toEqual([1, expect.stringContaining('another program does')]);
  const both = await redpost.run(['dashboard', '--read-only', '--allow-changes']);
  expect([both.code, both.stderr]).toEqual([2, expect.stringContaining('exclude each other')]);
});
