import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { startRedis } from '../embedded/index.js';
import { linesOfLoading } from './loading-check.js';
import { serverTarget } from './server-target.js';

it('keeps of INFO what ioredis looks at', () => {
  const info =
    '# Persistence\r\nloading:1\r\nasync_loading:0\r\nloading_eta_seconds:7\r\nrdb:0\r\n';
  expect(linesOfLoading(info)).toBe('loading:1\r\nloading_eta_seconds:7');
});

it('a new socket is asked only whether the server has loaded its data', async () => {
  const server = await startRedis();
  const watching = new Redis(server.url);
  const monitor = await watching.monitor();
  onTestFinished(async () => {
    monitor.disconnect();
    watching.disconnect();
    await server.stop();
  });
  const asked: string[][] = [];
  monitor.on('monitor', (_, args) => asked.push(args.map((arg: string) => arg.toLowerCase())));

  const client = serverTarget({ port: server.port }, {}).create({});
  await client.set('key', 'value');
  client.disconnect();

  await expect.poll(() => asked.some(([command]) => command === 'set')).toBe(true);
  expect(asked.filter(([command]) => command === 'info')).toEqual([['info', 'persistence']]);
});
