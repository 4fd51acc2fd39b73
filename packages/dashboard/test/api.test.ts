import { PubSub } from '@redpost/pubsub';
import { Flow } from '@redpost/queue';
import { Topic } from '@redpost/topic';
import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { openApi } from '../src/api/openapi.js';
import { routes } from '../src/api/routes.js';
import { CheckedApi } from './support/checked-api.js';
import { createScene } from './support/scene.js';
import { useDashboard } from './support/use-dashboard.js';

const dashboards = useDashboard();

async function inScene() {
  const scene = await createScene(dashboards.connection());
  onTestFinished(() => scene.stop());
  return { scene, api: new CheckedApi(await dashboards.serve({ readOnly: false })) };
}

it('each part of the API does what it says, and answers as its description says', async () => {
  const { scene, api } = await inScene();
  const invoices = dashboards.queue('invoices');
  const reports = dashboards.queue('reports');

  await api.get('/session');
  const overview = await api.get<{ rows: { name: string; attention: string[] }[] }>('/queues');
  expect(overview.rows.map(({ name }) => name)).toEqual([
    'thumbnails',
    'invoices',
    'emails',
    'reports',
  ]);
  expect(overview.rows.map(({ attention }) => attention)).toEqual([
    ['no-consumer'],
    ['dead'],
    [],
    [],
  ]);
  expect(await api.get('/queues?search=MAIL&limit=1')).toMatchObject({ found: 1 });
  expect(await api.get('/queues?only=dead&sort=name')).toMatchObject({ found: 1 });

  expect(await api.get('/queues/reports')).toMatchObject({
    limits: { rate: { max: 10, perMs: 1000 }, concurrency: 4 },
    paused: { reason: 'the warehouse is being moved' },
    rights: 'destroy',
  });
  await api.send('POST', '/queues/reports/resume');
  expect((await reports.stats()).paused).toBeUndefined();
  const until = new Date(Date.now() + 60_000).toISOString();
  await api.send('POST', '/queues/reports/pause', { reason: 'why', until });
  expect((await reports.stats()).paused).toMatchObject({ reason: 'why', until: new Date(until) });
  await api.send('PUT', '/queues/reports/limits', { rate: null, concurrency: 7 });
  expect(await reports.limits.get()).toEqual({ concurrency: 7 });
  expect(await api.get('/queues/emails/series')).toMatchObject({ points: expect.any(Array) });

  const keys = await api.get<{ keys: { key: string; isPaused: boolean }[] }>(
    '/queues/thumbnails/keys?by=pending',
  );
  expect(keys.keys.find(({ key }) => key === 'tenant-3')?.isPaused).toBe(true);
  await api.send('POST', '/queues/thumbnails/keys/tenant-3/resume');
  await api.send('POST', '/queues/thumbnails/keys/tenant-4/pause');
  const thumbnails = dashboards.queue('thumbnails');
  expect((await thumbnails.stats({ key: 'tenant-3' })).isPaused).toBe(false);
  expect((await thumbnails.stats({ key: 'tenant-4' })).isPaused).toBe(true);

  expect(await api.get('/consumers?search=sendmail')).toMatchObject({
    consumers: [{ queue: 'emails', handler: 'sendMail', concurrency: 20 }],
  });
  const ofEmails = async () => {
    const { consumers } = await api.get<{ consumers: { consumer: string; paused?: object }[] }>(
      '/queues/emails/consumers',
    );
    return consumers;
  };
  const [own] = await ofEmails();
  const its = `/queues/emails/consumers/${own?.consumer}`;
  await api.send('POST', `${its}/pause`, { reason: 'slow' });
  expect(await ofEmails()).toMatchObject([{ paused: { reason: 'slow' }, rights: 'destroy' }]);
  expect(await api.get('/queues/emails')).toMatchObject({ consumers: 1, pausedConsumers: 1 });
  await api.send('POST', `${its}/resume`);
  expect((await ofEmails())[0]?.paused).toBeUndefined();
  expect(await api.get('/queues/thumbnails/messages?limit=3')).toMatchObject({
    messages: [{ id: 'image-0', state: 'pending' }, {}, {}],
  });
  expect(await api.get('/queues/reports/messages?state=delayed')).toMatchObject({
    messages: [{ id: 'later', body: { text: '{\n  "kind": "monthly"\n}', format: 'json' } }],
  });
  expect(await api.get('/queues/emails/history?limit=2&outcome=acked')).toMatchObject({
    records: [{ outcome: 'acked' }, { outcome: 'acked' }],
  });
  expect(await api.get('/queues/thumbnails/messages/image-299')).toMatchObject({
    state: 'pending',
    message: { id: 'image-299', key: 'tenant-5' },
  });
  expect(await api.get('/queues/thumbnails/messages/image-299?maxScanned=1')).toMatchObject({
    state: 'unknown',
    scanned: false,
  });
  expect(await api.get('/queues/emails/messages/mail-3')).toMatchObject({
    state: 'done',
    attempts: [{ outcome: 'acked' }],
  });
  expect(await api.get('/queues/emails/messages/nobody')).toMatchObject({ state: 'unknown' });
  const { id } = await api.send<{ id: string }>('POST', '/queues/reports/messages', {
    body: { text: '{"a":1}' },
    delayMs: 60_000,
  });
  expect(
    await api.send('PUT', `/queues/reports/messages/${id}`, { body: { text: '{"a":2}' } }),
  ).toEqual({
    result: 'updated',
  });
  expect(await reports.find(id)).toMatchObject({ body: { a: 2 }, state: 'delayed' });
  expect(await api.send('POST', `/queues/reports/messages/${id}/cancel`, { reason: 'r' })).toEqual({
    result: 'removed',
  });

  await testDeadLetters(api, invoices, scene.entries);
  await testSchedules(api);
  await testTopics(api);
  await testFlows(api);
  await testChannels(api);

  const { id: purging } = await api.send<{ id: string }>('POST', '/queues/thumbnails/purge', {
    confirm: 'thumbnails',
  });
  const purged = await eventually(async () => {
    const operation = await api.get<{ state: string }>(`/operations/${purging}`);
    return operation.state !== 'running' && operation;
  });
  expect(purged).toMatchObject({ kind: 'purge', state: 'done', changed: 300, of: 300 });
  await thumbnails.sendBatch([1, 2, 3].map((n) => ({ body: { n }, key: `tenant-${n}` })));
  await thumbnails.send({}, { delayMs: 60_000 });
  const { id: destroying } = await api.send<{ id: string }>('POST', '/queues/thumbnails/destroy', {
    confirm: 'thumbnails',
  });
  const destroyed = await eventually(async () => {
    const operation = await api.get<{ state: string }>(`/operations/${destroying}`);
    return operation.state !== 'running' && operation;
  });
  expect(destroyed).toMatchObject({ kind: 'destroy', state: 'done', changed: 4, of: 4 });
  const { clientGroups, ...server } = await api.get<{ clientGroups: { clients: number }[] }>(
    '/server',
  );
  expect(server).toMatchObject({ persistence: { aof: false }, unavailable: [] });
  expect(clientGroups[0]?.clients).toBeGreaterThan(1);

  const audit = await api.get<{ entries: { action: string; user: string; count?: number }[] }>(
    '/audit?limit=200',
  );
  expect(audit.entries.slice(0, 3)).toMatchObject([
    { action: 'destroy', target: 'thumbnails', outcome: 'done', count: 4 },
    { action: 'destroy', outcome: 'started' },
    { action: 'purge', count: 300 },
  ]);
  expect(JSON.stringify(audit)).not.toContain('"a"');
  const missing = routes.filter((route) => !route.tail && !api.answered.has(route));
  expect(missing.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
});

async function testDeadLetters(
  api: CheckedApi,
  invoices: ReturnType<typeof dashboards.queue>,
  entries: string[],
) {
  const path = '/queues/invoices/dead-letters';
  const groups = await api.get<{
    groups: { fingerprint: string; count: number }[];
    matching: number;
  }>(`${path}/groups`);
  expect(groups.groups.map(({ count }) => count)).toEqual([8, 4]);
  expect(groups.matching).toBe(12);
  const [, addresses] = groups.groups;
  expect(await api.get(`${path}/groups?fingerprint=${addresses?.fingerprint}`)).toMatchObject({
    matching: 4,
  });
  const first = await api.get<{ letters: { id: string }[]; next: string }>(`${path}?limit=5`);
  const second = await api.get<{ letters: { id: string }[] }>(
    `${path}?limit=5&after=${first.next}`,
  );
  expect([...first.letters, ...second.letters].map(({ id }) => id)).toEqual(
    Array.from({ length: 10 }, (_, n) => `invoice-${n}`),
  );
  expect(await api.get(`${path}/${entries[2]}`)).toMatchObject({
    reason: 'failed',
    error: 'customer 1002 has no address',
    stack: expect.stringContaining('scene.ts'),
  });
  expect(await api.get('/queues/invoices/messages/invoice-2')).toMatchObject({
    state: 'dead',
    deadLetter: { id: 'invoice-2' },
  });

  await api.send('POST', `${path}/${entries[2]}/redrive`, { body: { text: '{"customer":7}' } });
  expect(await invoices.peek()).toMatchObject([{ id: 'invoice-2', body: { customer: 7 } }]);
  const started = await api.send<{ id: string; state: string }>('POST', `${path}/redrive`, {
    filter: { fingerprint: addresses?.fingerprint },
    ratePerSecond: 1000,
  });
  const ended = await eventually(async () => {
    const operation = await api.get<{ state: string; changed: number }>(
      `/operations/${started.id}`,
    );
    return operation.state === 'done' ? operation : undefined;
  });
  expect(ended.changed).toBe(3);
  expect((await invoices.stats()).pending).toBe(4);

  const slow = await api.send<{ id: string }>('POST', `${path}/redrive`, { ratePerSecond: 1 });
  await eventually(async () => (await invoices.deadLetters.count()) < 8);
  expect(await api.send('POST', `/operations/${slow.id}/stop`)).toMatchObject({ state: 'stopped' });
  expect(await invoices.deadLetters.count()).toBeGreaterThan(0);
  expect(await api.get('/operations')).toMatchObject({
    operations: [{ state: 'stopped' }, { state: 'done' }],
  });

  const left = await invoices.deadLetters.count();
  const deleted = await api.send<{ id: string }>('POST', `${path}/delete`, {
    confirm: 'invoices',
    filter: { reason: 'failed', error: 'answered 503' },
  });
  await eventually(
    async () => (await api.get<{ state: string }>(`/operations/${deleted.id}`)).state === 'done',
  );
  expect(await api.get(`/operations/${deleted.id}`)).toMatchObject({ changed: left });
  expect(await invoices.deadLetters.count()).toBe(0);
}

async function testFlows(api: CheckedApi): Promise<void> {
  const [statements, reports] = [dashboards.queue('statements'), dashboards.queue('reports')];
  const connection = dashboards.connection();
  const openFlow = (id: string) =>
    Flow.open({ connection, id, then: { queue: reports, body: { month: 3 } } });
  const [march, april] = [await openFlow('march/2027'), await openFlow('april')];
  await march.sendBatch([1, 2].map((customer) => ({ queue: statements, body: { customer } })));
  // They may have been opened in the same millisecond.
  expect(await api.get('/flows?queue=reports')).toMatchObject({
    flows: expect.arrayContaining([
      expect.objectContaining({ id: 'march/2027', pending: 2, onDead: 'continue' }),
      expect.objectContaining({ id: 'april' }),
    ]),
    ...{ found: 2, read: 2 },
  });
  expect(await api.get('/flows?queue=reports&search=MARCH')).toMatchObject({ flows: [{}] });
  expect(await api.get('/queues/reports')).toMatchObject({ flows: 2 });
  const path = `/queues/reports/flows/${encodeURIComponent(march.id)}`;
  expect(await api.get(path)).toMatchObject({
    flow: { state: 'open', pending: 2, dead: 0 },
    pendingByQueue: [{ queue: 'statements', pending: 2 }],
    continuation: { body: { text: '{\n  "month": 3\n}', format: 'json' } },
  });
  expect(await api.get('/queues/statements/messages')).toMatchObject({
    messages: [{ flow: { id: 'march/2027', queue: 'reports' } }, {}],
  });
  await api.send('POST', '/queues/reports/flows/april/close');
  expect(await april.status()).toMatchObject({ state: 'over', over: 'closed' });
  expect(await api.send('POST', `${path}/cancel`, { confirm: march.id })).toEqual({ cancelled: 2 });
  expect(await api.get(path)).toMatchObject({ flow: { over: 'cancelled' }, pendingByQueue: [] });
  const { messages } = await api.get<{ messages: { continues?: { id: string } }[] }>(
    '/queues/reports/messages',
  );
  const ended = messages.flatMap(({ continues }) => continues?.id ?? []);
  expect(ended.sort()).toEqual(['april', 'march/2027']);
  await statements.destroy();
}

async function testChannels(api: CheckedApi): Promise<void> {
  const connection = dashboards.connection();
  const pubsub = new PubSub({ connection });
  const sharded = new PubSub({ connection, sharded: true });
  const [news, orders] = [await pubsub.subscribe('news/eu'), await sharded.subscribe('orders')];
  // The consumer of `emails` listens to signals, and a responder answers on a channel of its own.
  await using _responder = await pubsub.respond('prices', () => 7);
  expect(await pubsub.request('prices', {})).toBe(7);
  expect(await api.get('/channels')).toMatchObject({
    channels: [
      { name: 'news/eu', isSharded: false, subscribers: 1 },
      { name: 'orders', isSharded: true, subscribers: 1 },
      { name: 'prices', isSharded: false, subscribers: 1 },
    ],
    ...{ found: 3, isListed: true, unavailable: [] },
  });
  expect(await api.get('/channels?search=NEWS')).toMatchObject({ found: 1 });
  expect(await api.get('/channels/nobody')).toMatchObject({ subscribers: 0, rights: 'destroy' });
  expect(await api.get('/channels/orders?sharded=true')).toMatchObject({ subscribers: 1 });

  const path = `/channels/${encodeURIComponent('news/eu')}/publish`;
  const body = { text: '{"a":1}' };
  expect(await api.send('POST', path, { body })).toEqual({ receivers: 1 });
  expect(await news.next()).toMatchObject({ body: { a: 1 } });
  await api.send('POST', '/channels/orders/publish', { body, sharded: true });
  expect(await orders.next()).toMatchObject({ body: { a: 1 } });
  await Promise.all([pubsub.close(), sharded.close()]);
}

async function testSchedules(api: CheckedApi) {
  const reports = dashboards.queue('reports');
  const path = '/queues/reports/schedules';
  expect(await api.get('/schedules')).toMatchObject({
    schedules: [{ name: 'daily', cron: '0 8 * * *', timeZone: 'Europe/Berlin' }, { name: 'sync' }],
  });
  expect(await api.get('/schedules?queue=reports&search=sync')).toMatchObject({ found: 1 });
  const { next } = await api.get<{ next: string[] }>(`${path}/daily`);
  expect(next).toHaveLength(20);
  await api.send('POST', `${path}/daily/pause`);
  expect((await reports.schedules.get('daily'))?.isPaused).toBe(true);
  await api.send('POST', `${path}/daily/resume`);
  expect((await reports.schedules.get('daily'))?.isPaused).toBe(false);
  await api.send('PUT', `${path}/daily`, { cron: '0 9 * * *', timeZone: 'UTC', overlap: 'skip' });
  expect(await reports.schedules.get('daily')).toMatchObject({
    cron: '0 9 * * *',
    timeZone: 'UTC',
    overlap: 'skip',
    body: { kind: 'daily' },
  });
  const { id } = await api.send<{ id: string }>('POST', `${path}/daily/run`);
  expect(await reports.find(id)).toMatchObject({ body: { kind: 'daily' } });
  await api.send('POST', `${path}/sync/remove`, { confirm: 'sync' });
  expect(await reports.schedules.get('sync')).toBeUndefined();
}

async function testTopics(api: CheckedApi) {
  const connection = dashboards.connection();
  const topic = new Topic<object>('orders', { connection, partitions: 2 });
  expect(await api.get('/topics?search=ord')).toMatchObject({
    topics: [{ name: 'orders', length: 30, groups: 2, lag: 30 }],
  });
  expect(await api.get('/topics/orders')).toMatchObject({
    partitions: {
      ...{ count: 2, isMoving: false },
      streams: [
        { partition: 0, isFormer: false, length: expect.any(Number) },
        { partition: 1, isFormer: false, length: expect.any(Number) },
      ],
    },
    rights: 'destroy',
  });
  expect(await api.get('/topics/orders/records?limit=100')).toMatchObject({
    records: Array.from({ length: 30 }, () => ({ body: { format: 'json' } })),
  });
  const later = new Date(Date.now() + 3_600_000).toISOString();
  expect(await api.get(`/topics/orders/records?from=${later}`)).toEqual({ records: [] });
  const group = '/topics/orders/groups/search';
  await api.send('POST', `${group}/seek`, { to: 'latest', confirm: 'search' });
  expect(await api.get(group)).toMatchObject({ lag: 0, owners: [] });
  const member = topic.group('search').consume(
    () => {
      throw new Error('no index');
    },
    { maxAttempts: 1 },
  );
  member.on('failed', () => {});
  for (let n = 0; n < 3; n += 1) await topic.publish({ order: n });
  await eventually(async () => (await topic.group('search').stats()).dead === 3);
  await member.stop();
  const { letters } = await api.get<{ letters: { entry: string; error: string }[] }>(
    `${group}/dead-letters`,
  );
  expect(letters.map(({ error }) => error)).toEqual(['no index', 'no index', 'no index']);
  expect(await api.get(`${group}/dead-letters/groups`)).toMatchObject({
    groups: [
      { reason: 'failed', error: 'no index', count: 3, sample: { entry: letters[2]?.entry } },
    ],
    ...{ matching: 3, examined: 3, of: 3 },
  });
  const act = async (action: string, body: object) => {
    const { id } = await api.send<{ id: string }>('POST', `${group}/dead-letters/${action}`, body);
    return eventually(async () => {
      const operation = await api.get<{ state: string }>(`/operations/${id}`);
      return operation.state !== 'running' && operation;
    });
  };
  const one = `${group}/dead-letters/${letters[2]?.entry}`;
  expect(await api.get(one)).toMatchObject({ entry: letters[2]?.entry, body: { format: 'json' } });
  expect(
    await api.send('POST', `${one}/redrive`, { body: { text: '{"order":"edited"}' } }),
  ).toEqual({ done: true });
  const latest = '/topics/orders/records?partition=';
  const records = await Promise.all([0, 1].map((partition) => api.get(latest + partition)));
  expect(JSON.stringify(records)).not.toContain('edited');
  const entries = [letters[0]?.entry];
  expect(await act('redrive', { entries })).toMatchObject({ state: 'done', changed: 1, of: 1 });
  expect(await act('delete', { confirm: 'search' })).toMatchObject({ changed: 1, of: 1 });
  const seen: object[] = [];
  const reading = topic.group('search').consume(({ body }) => void seen.push(body));
  await eventually(() => seen.length === 2);
  expect(seen).toContainEqual({ order: 'edited' });
  await reading.stop();
  await topic.close();
}

it('dead letters of a group of a topic are grouped, and those of one kind listed, redriven and deleted', async () => {
  const api = new CheckedApi(await dashboards.serve({ readOnly: false }));
  const topic = new Topic<object>('payments', {
    connection: dashboards.connection(),
    partitions: 2,
  });
  onTestFinished(() => topic.close());
  const group = topic.group('ledger');
  const member = group.consume(
    ({ offset, key }) => {
      if (key === 'odd') throw new TypeError(`record ${offset} has no amount`);
      throw new Error('connect ECONNREFUSED 10.0.0.1:443');
    },
    { maxAttempts: 1, concurrency: 10 },
  );
  member.on('failed', () => {});
  const records = Array.from({ length: 430 }, (_, n) => ({
    body: { n },
    key: n % 10 === 0 ? 'odd' : `${n % 7}`,
  }));
  await topic.publishBatch(records);
  await eventually(async () => (await group.stats()).dead === 430);
  await member.stop();

  const path = '/topics/payments/groups/ledger/dead-letters';
  interface Found {
    groups: { error: string; fingerprint: string; count: number }[];
    matching: number;
  }
  const { groups } = await api.get<Found>(`${path}/groups`);
  expect(groups.map(({ error, count }) => [error, count])).toEqual([
    ['connect ECONNREFUSED <address>', 387],
    ['record <n>-<n> has no amount', 43],
  ]);
  const filter = { reason: 'failed', fingerprint: groups[1]?.fingerprint };
  const asked = `reason=failed&fingerprint=${filter.fingerprint}`;
  expect(await api.get<Found>(`${path}/groups?${asked}`)).toMatchObject({ matching: 43 });

  const listed: { entry: string; key: string }[] = [];
  for (let after = ''; ; ) {
    const page = await api.get<{ letters: typeof listed; next?: string }>(
      `${path}?${asked}&limit=20${after}`,
    );
    listed.push(...page.letters);
    if (!page.next) break;
    after = `&after=${page.next}`;
  }
  expect(listed.map(({ key }) => key)).toEqual(Array.from({ length: 43 }, () => 'odd'));
  expect(new Set(listed.map(({ entry }) => entry)).size).toBe(43);

  const act = async (action: string, body: object) => {
    const { id } = await api.send<{ id: string }>('POST', `${path}/${action}`, body);
    return eventually(async () => {
      const operation = await api.get<{ state: string }>(`/operations/${id}`);
      return operation.state !== 'running' && operation;
    });
  };
  const slow = { filter, ratePerSecond: 1 };
  const { id } = await api.send<{ id: string }>('POST', `${path}/redrive`, slow);
  await eventually(async () => (await group.stats()).dead < 430);
  expect(await api.send('POST', `/operations/${id}/stop`)).toMatchObject({ state: 'stopped' });
  const left = (await group.stats()).dead - 387;
  expect(left).toBeGreaterThan(35);
  const all = await act('redrive', { filter, ratePerSecond: 1000 });
  expect(all).toMatchObject({ changed: left, examined: 387 + left, of: 387 + left });
  expect(await group.stats()).toMatchObject({ dead: 387, lag: 43 });
  const none = await act('delete', { filter, confirm: 'ledger' });
  expect(none).toMatchObject({ changed: 0, of: 387 });
  expect(await act('delete', { confirm: 'ledger' })).toMatchObject({ changed: 387 });
});

it('topics that need somebody come first, and then those that are furthest behind', async () => {
  const { get } = await dashboards.serve();
  const connection = dashboards.connection();
  const open = (name: string) => new Topic<number>(name, { connection });
  const fill = async (name: string, records: number) => {
    const topic = open(name);
    onTestFinished(() => topic.close());
    await topic.group('g').seek('beginning');
    await topic.publishBatch(Array.from({ length: records }, (_, n) => ({ body: n })));
    return topic;
  };
  await (await fill('order-a', 1)).group('g').seek('latest');
  await fill('order-b', 1);
  await fill('order-c', 2);
  const dying = (await fill('order-d', 1)).group('g').consume(() => Promise.reject(new Error()), {
    maxAttempts: 1,
  });
  dying.on('failed', () => {});
  const behind = (await fill('order-e', 30))
    .group('g')
    .consume(
      () => new Promise<void>((done) => stopped.signal.addEventListener('abort', () => done())),
    );
  const stopped = new AbortController();
  onTestFinished(async () => {
    stopped.abort();
    await Promise.all([dying.stop(), behind.stop()]);
  });
  await connection.call('SET', ['order-f', 'no stream']);
  await connection.call('ZADD', ['{redpost}:topics', Date.now(), 'order-f']);
  const order = await eventually(async () => {
    const { body } = await get<{ topics: { name: string; attention: string[] }[] }>(
      '/topics?search=order-',
    );
    const isReady = body.topics.filter(({ attention }) => attention[0] === 'dead').length === 1;
    return isReady && body.topics.map(({ name, attention }) => [name, ...attention].join(' '));
  });
  expect(order).toEqual([
    'order-f unreadable',
    'order-c no-consumer',
    'order-b no-consumer',
    'order-d dead',
    'order-e',
    'order-a',
  ]);
});

it('the description of the API is valid OpenAPI, and names each operation once', async () => {
  const { get } = await dashboards.serve({ basePath: '/admin' });
  const { body } = await get<{
    servers: object;
    paths: Record<string, Record<string, { operationId: string }>>;
  }>('/openapi.json');
  expect(await new Validator().validate(structuredClone(body))).toMatchObject({ valid: true });
  expect(body).toEqual(JSON.parse(JSON.stringify(openApi(routes, '/admin', '0.0.0-test'))));
  expect(body.servers).toEqual([{ url: '/admin/api' }]);
  const ids = Object.values(body.paths).flatMap((methods) =>
    Object.values(methods).map(({ operationId }) => operationId),
  );
  expect(new Set(ids).size).toBe(routes.length);
});

it('what does not fit is refused by name, and what is not there is not found', async () => {
  const { get, send } = await dashboards.serve({ readOnly: false });
  expect(await get('/queues?sort=colour')).toMatchObject({
    status: 400,
    body: { detail: expect.stringContaining('query.sort') },
  });
  expect(await send('POST', '/queues/q/pause', { reason: 7 })).toMatchObject({
    status: 400,
    body: { detail: expect.stringContaining('body.reason') },
  });
  expect(await send('POST', '/queues/q/pause', { why: 'x' })).toMatchObject({ status: 400 });
  expect(await send('POST', '/queues/q/purge', { confirm: 'Q' })).toMatchObject({ status: 400 });
  expect(await send('PUT', '/queues/q/limits', { concurrency: 0 })).toMatchObject({
    status: 400,
    body: { code: 'INVALID_ARGUMENT', detail: expect.stringContaining('concurrency') },
  });
  expect(await get('/queues/q/dead-letters/1-1')).toMatchObject({ status: 404 });
  expect(await get('/topics/none')).toMatchObject({ status: 404 });
  expect(await get('/topics/none/groups/g/dead-letters/0:1-0')).toMatchObject({ status: 404 });
  expect(await get('/queues/q/flows/none')).toMatchObject({ status: 404 });
  for (const name of ['{q}:signal', '{t}:signal:g', '{c}:group:g:m', 'redpost:replies:x']) {
    expect(await get(`/channels/${encodeURIComponent(name)}`), name).toMatchObject({ status: 404 });
  }
  expect(await send('POST', '/queues/q/flows/none/close')).toMatchObject({ status: 404 });
  expect(await send('POST', '/queues/q/flows/none/cancel', { confirm: 'x' })).toMatchObject({
    status: 400,
  });
  expect(await get('/nothing')).toMatchObject({ status: 404 });
  expect(await get('/operations/none')).toMatchObject({ status: 404 });
  expect(await get('/queues/%7B%7D')).toMatchObject({ status: 400 });
});

it('names with slashes, per cents, spaces and umlauts are names as others', async () => {
  const { get, send } = await dashboards.serve({ readOnly: false });
  for (const name of ['a/b', '100%', '50%25', 'ä ö', 'q?x=1#y', '..']) {
    const queue = dashboards.queue(name);
    await queue.send(1, { id: `${name}/1` });
    const path = `/queues/${encodeURIComponent(name)}`;
    // A client of HTTP may drop what looks like a way up.
    if (name === '..') continue;
    expect(await get(path), name).toMatchObject({ body: { name, pending: 1 } });
    expect(await get(`${path}/messages/${encodeURIComponent(`${name}/1`)}`), name).toMatchObject({
      body: { state: 'pending' },
    });
    expect(await send('POST', `${path}/destroy`, { confirm: name }), name).toMatchObject({
      status: 200,
    });
  }
});

it('dead letters of a queue with partitions are listed and named over all of them', async () => {
  const api = await dashboards.serve({ readOnly: false });
  const queue = dashboards.queue<number>('divided', { partitions: 3 });
  await queue.send(0);
  const added = Array.from({ length: 6 }, (_, body) => ({ body, id: `m${body}`, key: `k${body}` }));
  const entries = await queue.deadLetters.add(added);
  const path = '/queues/divided/dead-letters';
  interface Page {
    letters: { entry: string; id: string }[];
    next: string;
  }

  const first = (await api.get<Page>(`${path}?limit=4`)).body;
  const second = (await api.get<Page>(`${path}?limit=4&after=${first.next}`)).body;
  const listed = [...first.letters, ...second.letters].map(({ entry }) => entry);
  expect(listed.sort()).toEqual([...entries].sort());
  for (const [n, entry] of entries.entries()) {
    // As the page writes it.
    const found = await api.get(`${path}/${encodeURIComponent(entry)}`);
    expect(found).toMatchObject({ status: 200, body: { id: `m${n}`, entry } });
  }
  expect(entries.every((entry) => entry.includes('@'))).toBe(true);
  expect((await api.get(`${path}/1-1@7`)).status).toBe(404);
  const again = await api.send('POST', `${path}/${encodeURIComponent(entries[0] ?? '')}/redrive`);
  expect(again).toMatchObject({ status: 200, body: { done: true } });
  expect(await queue.deadLetters.count()).toBe(5);
});
