import { connect } from '@redpost/core';
import { startRedis } from '@redpost/core/embedded';
import { expect, it, onTestFinished } from 'vitest';
import { startTestCluster } from '../../../tooling/test-cluster.js';
import { startRedpost, uniqueName } from './support/redpost.js';

it('takes the URLs of nodes of a Cluster, also of one, from --redis and REDIS_URL', async () => {
  const cluster = await startTestCluster({ startRedis, connect });
  onTestFinished(() => cluster.stop());
  const urls = cluster.addresses.map((address) => `redis://${address}`);
  const [first = '', second = ''] = urls;
  // In slots of different nodes.
  const queues = Array.from({ length: 6 }, () => uniqueName());
  const bodies = queues.map((_, n) => `${n}`);
  const redpost = (args: string[], env: Record<string, string> = {}) =>
    startRedpost(args, { env }).ended;

  for (const [n, queue] of queues.entries()) {
    const sent = await redpost(['send', queue, '-q', `${n}`, '--redis', `${first},${second}`]);
    expect(sent).toMatchObject({ code: 0, stderr: '' });
  }
  const listed = await redpost(['list'], { REDIS_URL: `${second},` });
  expect(listed.lines.map(({ name }) => name).sort()).toEqual([...queues].sort());
  for (const [n, queue] of queues.entries()) {
    const { lines } = await redpost(['receive', queue], { REDIS_URL: urls.join(',') });
    expect(lines.map(({ body }) => `${body}`)).toEqual([bodies[n]]);
  }

  const secret = await redpost(['list', '--redis', `${first},${second.replace('//', '//:x@')}`]);
  expect(secret.stderr).toContain('can see the password in --redis');
}, 120_000);
