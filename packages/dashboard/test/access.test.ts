import { createServer, request } from 'node:http';
import { connect } from '@redpost/core';
import { expect, it, onTestFinished, vi } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { createDashboard, type DashboardOptions } from '../src/index.js';
import { served, useDashboard } from './support/use-dashboard.js';

const dashboards = useDashboard();

/** The status of a change with these headers. */
async function changeWith(
  url: string,
  headers: Record<string, string>,
  path = '/api/queues/q/resume',
): Promise<number> {
  return new Promise((resolve, reject) => {
    const all = { 'content-type': 'application/json', ...headers };
    const sent = request(url + path, { method: 'POST', headers: all }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on('error', reject);
    sent.end('{}');
  });
}

it('without authorize, only a browser on this machine may change something', async () => {
  const { url, get } = await dashboards.serve();
  const host = new URL(url).host;
  expect((await get('/session')).body).toMatchObject({ role: 'destroy' });
  expect(await changeWith(url, {})).toBe(200);
  expect(await changeWith(url, { host: 'queues.example.com' })).toBe(403);
  for (const name of ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via']) {
    expect(await changeWith(url, { host, [name]: '203.0.113.9' }), name).toBe(403);
  }
});

it('a request of fetch, of which nobody knows where it is from, changes nothing unless that was said', async () => {
  const ask = async (options: Partial<DashboardOptions>) => {
    const dashboard = createDashboard({ connection: dashboards.connection(), ...options });
    onTestFinished(() => dashboard.close());
    const init = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } };
    const response = await dashboard.fetch(
      new Request('http://localhost/api/queues/q/resume', init),
    );
    return response.status;
  };
  expect(await ask({})).toBe(403);
  expect(await ask({ readOnly: false })).toBe(200);
  expect(await ask({ readOnly: true })).toBe(403);
  expect(await ask({ authorize: () => 'operate' })).toBe(200);
  expect(await ask({ authorize: () => 'destroy', readOnly: true })).toBe(403);
  expect(await ask({ authorize: async () => undefined })).toBe(401);
  expect(await ask({ authorize: () => 'admin' as never })).toBe(400);
  expect(
    await ask({
      authorize() {
        throw new Error('secret');
      },
    }),
  ).toBe(500);
});

it('each role may do what it is for, and queues can have roles of their own', async () => {
  for (const name of ['mine', 'theirs', 'hidden']) {
    await dashboards.queue(name).send(1);
  }
  const access = {
    role: 'view',
    user: 'ada',
    queues: { mine: 'destroy', theirs: 'operate', hidden: 'none' },
  } as const;
  const { get, send } = await dashboards.serve({ authorize: () => access });

  const { body } = await get<{ rows: { name: string }[]; totals: { queues: number } }>('/queues');
  expect(body.rows.map(({ name }) => name).sort()).toEqual(['mine', 'theirs']);
  expect(body.totals.queues).toBe(2);
  expect((await get('/queues/hidden')).status).toBe(404);
  expect((await send('POST', '/queues/theirs/consumers/nobody/pause')).status).toBe(404);
  expect((await send('POST', '/queues/other/consumers/nobody/pause')).status).toBe(403);
  expect((await send('POST', '/queues/hidden/purge', { confirm: 'hidden' })).status).toBe(404);
  expect((await send('POST', '/queues/theirs/pause')).status).toBe(200);
  expect((await send('POST', '/queues/theirs/purge', { confirm: 'theirs' })).status).toBe(403);
  expect((await send('POST', '/queues/other/pause')).status).toBe(403);
  expect((await send('POST', '/queues/mine/dead-letters/redrive', { to: 'other' })).status).toBe(
    403,
  );
  expect((await send('POST', '/queues/mine/purge', { confirm: 'mine' })).status).toBe(200);
  const its = await eventually(async () => {
    const audit = await get<{ entries: { user: string; target: string }[] }>('/audit');
    const found = audit.body.entries.filter(({ target }) => ['mine', 'theirs'].includes(target));
    return found.length > 3 && found;
  });
  expect(its).toMatchObject([
    { user: 'ada', action: 'purge', target: 'mine', outcome: 'done' },
    { user: 'ada', action: 'purge', target: 'mine', outcome: 'started' },
    { user: 'ada', action: 'pause', target: 'theirs' },
    { user: 'ada', action: 'pause consumer', target: 'theirs', detail: 'nobody' },
  ]);
});

it('one who may see only some queues sees nothing else', async () => {
  await dashboards.queue('seen').send(1);
  const access = { queues: (name: string) => (name === 'seen' ? ('view' as const) : undefined) };
  const { get } = await dashboards.serve({ authorize: () => access });
  const { body } = await get<{ rows: { name: string }[] }>('/queues');
  expect(body.rows.map(({ name }) => name)).toEqual(['seen']);
  expect((await get('/queues/unseen')).status).toBe(404);
  expect((await get('/server')).status).toBe(403);
  expect((await get('/audit')).body).toMatchObject({ entries: [] });
});

it('only queues that were named are there', async () => {
  await dashboards.queue('named').send(1);
  await dashboards.queue('unnamed').send(1);
  const { get } = await dashboards.serve({ queues: ['named'] });
  expect((await get('/queues')).body).toMatchObject({ rows: [{ name: 'named' }], found: 1 });
  expect((await get('/queues/unnamed')).status).toBe(404);
});

it('a change by another site is refused', async () => {
  const { url } = await dashboards.serve({ readOnly: false });
  for (const site of ['cross-site', 'same-site', 'none']) {
    expect(await changeWith(url, { 'sec-fetch-site': site }), site).toBe(403);
  }
  expect(await changeWith(url, { 'sec-fetch-site': 'same-origin' })).toBe(200);
  expect(await changeWith(url, { origin: 'https://evil.example' })).toBe(403);
  expect(await changeWith(url, { origin: 'null' })).toBe(403);
  expect(await changeWith(url, { origin: url })).toBe(200);
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/json-patch',
  ]) {
    expect(await changeWith(url, { 'content-type': type }), type).toBe(403);
  }
});

it('every answer has a policy that allows nothing but the own files, and no frame', async () => {
  const { url, get } = await dashboards.serve();
  for (const path of ['/', '/api/session', '/api/nothing', '/assets/none.js']) {
    const { headers } = await fetch(url + path);
    const policy = headers.get('content-security-policy');
    expect(policy, path).toContain("default-src 'none'");
    expect(policy, path).not.toMatch(/unsafe|\*|http/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('access-control-allow-origin')).toBeNull();
  }
  expect((await get('/session')).headers.get('cache-control')).toBe('no-store');
});

it('what a user of Redis may not read of the server is said, and the rest is shown', async () => {
  const { port } = dashboards.redis;
  const user = ['SETUSER', 'looker', 'on', '>secret', '~*', '&*', '+@all'];
  const never = ['-client|list', '-slowlog', '-pubsub'];
  await dashboards.connection().call('ACL', [...user, ...never]);
  const connection = connect(`redis://looker:secret@127.0.0.1:${port}`);
  onTestFinished(() => connection.close());
  const { get } = await dashboards.serve({ connection });
  const { body } = await get('/server');
  expect(body).toMatchObject({ unavailable: ['SLOWLOG', 'CLIENT'], memory: {} });
  expect(body).not.toHaveProperty('clientGroups');
  await connection.call('PING', []);
  const subscriber = dashboards.connection();
  await subscriber.subscribe({ kind: 'channel', name: 'c' }, { message() {} });
  expect((await get('/channels')).body).toMatchObject({
    ...{ channels: [], isListed: false, unavailable: ['PUBSUB'] },
  });
});

it('a password is in no answer, and nothing is logged', async () => {
  const { port } = dashboards.redis;
  const user = ['SETUSER', 'dashboard', 'on', '>hunter2', '~*', '&*', '+@all'];
  await dashboards.connection().call('ACL', user);
  const connection = connect(`redis://dashboard:hunter2@127.0.0.1:${port}`);
  onTestFinished(() => connection.close());
  const said: unknown[] = [];
  const streams = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, 'write'));
  const dashboard = createDashboard({ connection });
  onTestFinished(() => dashboard.close());
  const { get } = await served(createServer(dashboard.node));
  const paths = ['/session', '/server', '/queues', '/queues/q', '/nothing', '/queues/%7B%7D'];
  const answers = await Promise.all(paths.map((path) => get(path)));
  for (const stream of streams) {
    said.push(...stream.mock.calls);
    stream.mockRestore();
  }
  expect(JSON.stringify(said)).not.toContain('hunter2');
  expect(JSON.stringify(answers)).not.toContain('hunter2');
});

it('options that cannot work are refused by name', () => {
  const connection = dashboards.connection();
  const create = (options: object) => () => createDashboard({ connection, ...options });
  expect(create({ basePath: 'admin' })).toThrow(/basePath/);
  expect(create({ basePath: '/a"b' })).toThrow(/basePath/);
  expect(create({ authorize: true })).toThrow(/authorize/);
  expect(create({ readOnly: 'yes' })).toThrow(/readOnly/);
  expect(create({ queues: 'emails' })).toThrow(/queues/);
  expect(create({ queues: [{}] })).toThrow(/queues/);
  expect(create({ redact: {} })).toThrow(/redact/);
  expect(create({ maxBodyBytes: -1 })).toThrow(/maxBodyBytes/);
  expect(create({ colour: 'red' })).toThrow(/colour/);
  expect(() => createDashboard({} as never)).toThrow(/connection/);
});
