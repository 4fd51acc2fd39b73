import { type Connection, connect } from '@redpost/core';
import { startRedis } from '@redpost/core/embedded';
import { PubSub } from '@redpost/pubsub';
import { Flow, Queue } from '@redpost/queue';
import { Topic } from '@redpost/topic';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { freePort } from '../../../tooling/free-port.js';
import { busyMs } from '../../../tooling/machine-pace.js';
import { useBrowser } from './support/browser.js';
import { createScene, type Scene } from './support/scene.js';
import { useDashboard } from './support/use-dashboard.js';

const dashboards = useDashboard();
const browser = useBrowser();
const basePath = '/admin/queues';
let scene: Scene;
let connection: Connection;

beforeAll(async () => {
  connection = connect(dashboards.redis.url);
  scene = await createScene(connection);
});
afterAll(async () => {
  await scene.stop();
  await connection.close();
});

const queue = (name: string) => new Queue<object>(name, { connection });

/** Opens a page of a dashboard that may do everything, and expects that nothing goes wrong in it. */
async function open(path: string, options: Parameters<typeof browser.open>[1] = {}): Promise<Page> {
  const { url } = await dashboards.serve({ basePath, readOnly: false });
  const { page, troubles } = await browser.open(url + path, options);
  onTestFinished(() => expect(troubles).toEqual([]));
  return page;
}

/** A row of a table, by a text that it has. */
const row = (page: Page, text: string) => page.locator('tr', { hasText: text }).first();
const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name });
const dialog = (page: Page) => page.getByRole('dialog');

/** Presses the button of the open dialog that does it, and waits until it is closed. */
async function confirm(page: Page, action: string | RegExp, typed?: string): Promise<void> {
  const act = dialog(page).getByRole('button', { name: action });
  if (typed !== undefined) {
    expect(await act.isDisabled()).toBe(true);
    await dialog(page).locator('[name=confirm]').fill(typed);
  }
  await act.click();
  await dialog(page).waitFor({ state: 'detached' });
}

it('Now shows all queues and topics, those that need somebody first, and can be searched and linked to', async () => {
  const page = await open('/');
  await row(page, 'thumbnails').waitFor();
  const names = await page.locator('table.data').first().locator('tbody th a').allTextContents();
  expect(names).toEqual(['thumbnails', 'invoices', 'emails', 'reports']);
  expect(await row(page, 'thumbnails').textContent()).toContain('no consumer');
  expect(await row(page, 'invoices').textContent()).toContain('dead letters');
  await row(page, 'orders').waitFor();

  await page.keyboard.press('/');
  await page.keyboard.type('mail');
  await row(page, 'thumbnails').waitFor({ state: 'detached' });
  expect(page.url()).toContain('search=mail');
  const { page: second } = await browser.open(page.url());
  await row(second, 'emails').waitFor();
  expect(await row(second, 'thumbnails').count()).toBe(0);

  await page.goto(page.url().replace('search=mail', 'only=dead'));
  await row(page, 'invoices').waitFor();
  expect(await page.locator('table.data').first().locator('tbody tr').count()).toBe(1);
  await page.goto(page.url().replace('only=dead', ''));
  await button(page, 'Pending').click();
  expect(page.url()).toContain('sort=pending');
  await eventually(
    async () => (await page.locator('tbody th a').first().textContent()) === 'thumbnails',
  );

  // What is sent is seen without a reload.
  await queue('fresh').send({});
  await row(page, 'fresh').waitFor();
  await queue('fresh').destroy();
});

it('a queue with partitions shows how many messages each has, and the dead letters of all', async () => {
  const divided = new Queue<object>('divided', { connection, partitions: 3 });
  onTestFinished(async () => void (await divided.destroy()));
  for (let n = 0; n < 9; n += 1) await divided.send({ n });
  await (await divided.receive({ timeoutMs: 5000 }))?.deadLetter('rejected');
  await divided.close();
  const page = await open('/queues/divided');
  await page.getByRole('heading', { name: '3 partitions' }).waitFor();
  const lists = page.locator('section[aria-labelledby=partitions] tbody tr');
  expect(await lists.count()).toBe(4);
  expect(await page.locator('.tiles').textContent()).toContain('Pending8');
  expect(await lists.locator('.dead').allTextContents()).toEqual(['1']);

  await page.goto(page.url().replace('/divided', '/divided/dead-letters'));
  await row(page, 'rejected').waitFor();
  expect(page.url()).toContain('/divided/dead-letters');
});

it('a queue shows its numbers and charts, and is paused, limited, purged and destroyed', async () => {
  await queue('shop').sendBatch(Array.from({ length: 5 }, () => ({ body: {}, key: 'tenant-x' })));
  // Charts show minutes that are over: 5 counts, and how many waits and runs there were of each length.
  const minute = Math.floor(Date.now() / 60_000) - 2;
  const [counts, lengths] = [
    [4, 1, 0, 0, 0],
    Array.from({ length: 25 }, (_, at) => (at === 3 ? 5 : 0)),
  ];
  await connection.call('HSET', ['{shop}:series', `m${minute}`, [counts, lengths, lengths].join()]);
  const page = await open('/queues/shop');
  await page.locator('.uplot canvas').nth(2).waitFor();
  expect(await page.locator('.tiles').textContent()).toContain('Pending5');

  await button(page, 'Pause…').click();
  await page.getByLabel('Reason').fill('<b>stock</b> taking');
  await confirm(page, 'Pause');
  await page.getByText('<b>stock</b> taking').waitFor();
  expect((await queue('shop').stats()).paused?.reason).toBe('<b>stock</b> taking');
  await button(page, 'Resume').click();
  await button(page, 'Pause…').waitFor();

  await button(page, 'Limits…').click();
  await page.getByLabel('Messages', { exact: true }).fill('20');
  await page.getByLabel('Active at a time', { exact: true }).fill('3');
  await confirm(page, 'Set limits');
  await page.getByText('20 per 1 s').waitFor();
  expect(await queue('shop').limits.get()).toMatchObject({
    rate: { max: 20, perMs: 1000 },
    concurrency: 3,
  });

  await row(page, 'tenant-x').getByRole('button', { name: 'Pause' }).click();
  await row(page, 'tenant-x').getByRole('button', { name: 'Resume' }).waitFor();
  expect((await queue('shop').stats({ key: 'tenant-x' })).isPaused).toBe(true);
  await page.getByLabel('Time range').selectOption('quarter');
  expect(page.url()).toContain('range=quarter');
  await page.getByText('Messages per hour').waitFor();
  await page.getByText('Nothing up to the last full hour').nth(2).waitFor();

  await button(page, 'Send a message…').click();
  await page.getByLabel('Body (JSON)').fill('{"a":');
  await dialog(page).getByRole('button', { name: 'Send' }).click();
  await page.getByText('The body is not JSON').waitFor();
  await page.getByLabel('Body (JSON)').fill('{"a":1}');
  await confirm(page, 'Send');
  await page.getByText('"a": 1').waitFor();
  await page.goBack();

  await button(page, 'Purge…').click();
  await page.getByText('Deletes the 6 pending').waitFor();
  await confirm(page, 'Delete 6 messages', 'shop');
  await page.getByText('6 deleted, done').waitFor();
  expect((await queue('shop').stats()).pending).toBe(0);
  await button(page, 'Destroy…').click();
  await confirm(page, 'Destroy', 'shop');
  await page.getByText('0 deleted, done').waitFor();
  await page.getByRole('heading', { name: 'Now' }).waitFor();
});

it('messages are listed by state, and one is found, edited and cancelled', async () => {
  const page = await open('/queues/thumbnails/messages');
  await page.getByText('image-0', { exact: true }).waitFor();
  await page.getByLabel('States').getByText('delayed').click();
  await page.getByText('No message is delayed.').waitFor();
  expect(page.url()).toContain('state=delayed');
  await page.goto(page.url().replace('thumbnails', 'reports'));
  await row(page, 'later').waitFor();
  await page.goto(page.url().replace('reports', 'emails').replace('delayed', 'settled'));
  await row(page, 'mail-3').getByText('acked').waitFor();
  await page.getByLabel('Outcome').selectOption('dead');
  await page.getByText('Nothing is recorded').waitFor();
  expect(page.url()).toContain('outcome=dead');

  await page.goto(page.url().replace(/emails.*/, 'thumbnails/messages'));
  await page.getByLabel('Id of a message').fill('image-250');
  await button(page, 'Find').click();
  await page.getByText('/uploads/250.png').waitFor();
  await button(page, 'Edit…').click();
  await page.getByLabel('Body (json)').fill('{"image":"other.png"}');
  await confirm(page, 'Change it');
  await page.getByText('other.png').waitFor();
  await button(page, 'Cancel…').click();
  await confirm(page, 'Cancel the message');
  await page.getByText('Nothing is known of a message with this id').waitFor();
  expect(await queue('thumbnails').find('image-250')).toBeUndefined();

  await page.goto(page.url().replace(/thumbnails.*/, 'emails/messages/mail-5'));
  await row(page, 'acked').waitFor();
});

it('dead letters are grouped, filtered, edited, redriven, stopped and deleted', async () => {
  const invoices = queue('invoices');
  const page = await open('/queues/invoices/dead-letters');
  await button(page, 'customer <n> has no address').click();
  await page.getByRole('heading', { name: '4 dead letters that match' }).waitFor();
  expect(page.url()).toMatch(/fingerprint=\w+/);
  await page.getByText('invoice-2', { exact: true }).click();
  await page.getByText('customer 1002 has no address').waitFor();
  await page.getByText('scene.ts').waitFor();
  await button(page, 'Edit and redrive…').click();
  await page.getByLabel('Body (json)').fill('{"customer":1}');
  await confirm(page, 'Send it again');
  await page.getByRole('heading', { name: '11 dead letters' }).waitFor();
  expect(await invoices.peek()).toMatchObject([{ id: 'invoice-2', body: { customer: 1 } }]);

  await page.getByLabel('Choose invoice-0').check();
  await page.getByLabel('Choose invoice-1', { exact: true }).check();
  await button(page, 'Redrive 2 chosen…').click();
  await confirm(page, 'Send 2 again');
  await page.getByText('2 sent again, done').waitFor();
  await button(page, 'Close').click();

  await page.getByLabel('Error contains').fill('answered 503');
  await page.getByRole('heading', { name: '6 dead letters that match' }).waitFor();
  await button(page, 'Redrive all that match…').click();
  await page.getByLabel('At most so many per second').fill('1');
  await confirm(page, 'Send 6 again');
  await button(page, 'Stop').click();
  await page.getByText(/sent again, stopped/).waitFor();
  expect(await invoices.deadLetters.count()).toBeGreaterThan(3);

  await button(page, 'Show all').click();
  await button(page, 'Delete all…').click();
  await confirm(page, /^Delete \d+$/, 'invoices');
  await page.getByText(/deleted, done/).waitFor();
  await eventually(async () => (await invoices.deadLetters.count()) === 0);

  await page.goto(page.url().replace(/queues\/invoices.*/, 'audit'));
  await row(page, 'delete').waitFor();
  await row(page, 'edit and redrive').waitFor();
});

it('each attempt at a message has its error and where it was thrown, and a dead letter is redriven or deleted alone', async () => {
  const returns = queue('returns');
  await returns.history.set({});
  await returns.sendBatch(['first', 'second', 'third'].map((id) => ({ body: {}, id })));
  function putOnShelf({ attempt }: { attempt: number }): void {
    throw new Error(attempt === 1 ? 'no shelf' : 'no <i>room</i>');
  }
  const consumer = returns.consume(putOnShelf, { maxAttempts: 2, backoff: () => 0 });
  consumer.on('failed', () => {});
  onTestFinished(() => returns.destroy().then(() => undefined));
  await eventually(async () => (await returns.deadLetters.count()) === 3);
  await consumer.stop();

  const page = await open('/queues/returns/messages/first');
  await page.getByText('Attempt 1: no shelf').waitFor();
  await page.getByText('failed: no <i>room</i>').waitFor();
  expect(await page.getByText('at putOnShelf').count()).toBeGreaterThanOrEqual(2);
  await row(page, 'retried').getByText('no shelf').click();
  expect(page.url()).toMatch(/dead-letters\?fingerprint=\w+/);
  await page.goBack();

  await page.getByText('Redrive or delete this dead letter').click();
  await button(page, /^Redrive…$/).click();
  await confirm(page, 'Send it again');
  await page.getByRole('heading', { name: '2 dead letters' }).waitFor();
  expect(await returns.peek()).toMatchObject([{ id: 'first' }]);
  await page.getByText('second', { exact: true }).click();
  await button(page, 'Delete…').click();
  await confirm(page, 'Delete 1', 'returns');
  await page.getByRole('heading', { name: '1 dead letters' }).waitFor();
  await returns.deadLetters.add([{ body: {}, id: 'fourth', reason: 'given up' }]);
  await button(page, 'Look again').click();
  await page.getByText('fourth', { exact: true }).waitFor();
  expect(await returns.deadLetters.count()).toBe(2);
});

it('consumers are shown with what they are and hold, of one queue and of all', async () => {
  const slow = queue('slow');
  await slow.send({ job: 1 }, { id: 'held' });
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  async function renderVideo() {
    await released;
  }
  const consumer = slow.consume(renderVideo, { concurrency: 3, leaseMs: busyMs(1500) });
  onTestFinished(async () => {
    release();
    await slow.idle();
    await consumer.stop();
    await slow.destroy();
  });
  await eventually(async () => (await slow.stats()).active === 1);
  const page = await open('/consumers');
  await row(page, 'renderVideo').waitFor();
  expect(await row(page, 'renderVideo').textContent()).toContain(String(process.pid));
  await page.getByLabel(/Search queue/).fill('sendmail');
  await row(page, 'renderVideo').waitFor({ state: 'detached' });
  await page.goto(page.url().replace(/consumers.*/, 'queues/slow/consumers'));
  await row(page, '1 / 3').waitFor();
  await page.getByText('held', { exact: true }).waitFor();
  const busyFor = row(page, '1 / 3').getByTitle('The message that it has had for longest');
  await eventually(async () => /^\d+(\.\d)? (ms|s)/.test((await busyFor.textContent()) ?? ''));

  const pausing = row(page, '1 / 3');
  await pausing.getByRole('button', { name: 'Pause…' }).click();
  await page.getByLabel('Reason').fill('<i>slow</i> disk');
  await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click();
  await pausing.getByText('paused', { exact: true }).waitFor();
  const [info] = await slow.consumers();
  expect(info?.paused?.reason).toBe('<i>slow</i> disk');
  await page.goto(page.url().replace(/queues\/slow.*/, 'consumers?search=slow'));
  await row(page, 'renderVideo').getByRole('button', { name: 'Resume' }).click();
  await row(page, 'renderVideo')
    .getByText('paused', { exact: true })
    .waitFor({ state: 'detached' });
  expect((await slow.consumers())[0]?.paused).toBeUndefined();
  await page.goto(page.url().replace(/consumers.*/, 'audit'));
  await row(page, 'resume consumer').waitFor();
  expect(await row(page, 'pause consumer').textContent()).toContain(`${info?.consumer}`);
});

it('schedules are shown with their next ticks, and run, paused, edited, made and removed', async () => {
  const reports = queue('reports');
  const page = await open('/schedules');
  await row(page, 'daily').getByText('0 8 * * * (Europe/Berlin)').waitFor();
  await page.getByText('daily', { exact: true }).click();
  await page.getByRole('columnheader', { name: 'Europe/Berlin' }).waitFor();
  await button(page, 'Run now').click();
  await page.getByText('Sent as').waitFor();
  await button(page, 'Pause').click();
  await button(page, 'Resume').waitFor();
  expect((await reports.schedules.get('daily'))?.isPaused).toBe(true);
  await button(page, 'Resume').click();
  await button(page, 'Edit…').click();
  await page.getByRole('textbox', { name: 'Cron pattern' }).fill('nonsense');
  await dialog(page).getByRole('button', { name: 'Set' }).click();
  await dialog(page).getByRole('alert').waitFor();
  await page.getByRole('textbox', { name: 'Cron pattern' }).fill('30 6 * * *');
  await confirm(page, 'Set');
  await page.getByText('30 6 * * * (Europe/Berlin)').waitFor();
  await page.getByText('← all schedules').click();
  await button(page, 'New schedule…').click();
  await page.getByRole('textbox', { name: 'Name' }).fill('hourly');
  await page.getByLabel('When', { exact: false }).first().selectOption('every');
  await page.getByRole('spinbutton', { name: 'Seconds' }).fill('3600');
  await confirm(page, 'Set');
  await page.getByText('every 1 h').waitFor();
  expect(await reports.schedules.get('hourly')).toMatchObject({ everyMs: 3_600_000, body: {} });
  await button(page, 'Remove…').click();
  await confirm(page, 'Remove', 'hourly');
  await row(page, 'sync').waitFor();
  expect(await reports.schedules.get('hourly')).toBeUndefined();
});

it('a flow is shown with its members and what follows, and closed and cancelled', async () => {
  const [statements, summary] = [queue('statements'), queue('summary')];
  onTestFinished(async () => {
    await statements.destroy();
    await summary.destroy();
  });
  const then = { queue: summary, body: { month: '2027-03' } };
  const flow = await Flow.open({ connection, id: 'march', then });
  await flow.send(statements, { customer: 1 }, { id: 'statement-1' });
  const page = await open('/queues/statements/messages/statement-1');
  await page.getByText('march', { exact: true }).click();
  await page.getByText('"month": "2027-03"').waitFor();
  await row(page, 'statements').waitFor();
  await button(page, 'Close the flow…').click();
  await page.getByText('when what is left has ended: 1 member.').waitFor();
  await confirm(page, 'Close it');
  await page.getByText('closed', { exact: true }).waitFor();
  expect(await button(page, 'Close the flow…').count()).toBe(0);
  await page.getByText('← all flows').click();
  await row(page, 'march').waitFor();
  await page.goto(page.url().replace(/queues\/summary.*/, 'flows'));
  await row(page, 'march').getByText('march').click();
  await button(page, 'Cancel the flow…').click();
  await confirm(page, 'Cancel 1 member', 'march');
  await page.getByText('cancelled', { exact: true }).waitFor();
  expect(await flow.status()).toMatchObject({ over: 'cancelled', cancelled: 1 });
});

it('topics are shown with their groups and records, followed, and their groups moved and mended', async () => {
  const topic = new Topic<object>('orders', { connection, partitions: 2 });
  onTestFinished(() => topic.close());
  const page = await open('/topics');
  await page.getByText('orders', { exact: true }).click();
  await row(page, 'shop-1').waitFor();
  await page.getByText('live', { exact: true }).click();
  await page.getByText('Waiting for the next record').waitFor();
  await eventually(async () => {
    await topic.publish({ order: 'just now' }, { key: 'shop-1' });
    return (await page.getByText('just now').count()) > 0;
  });

  await page.getByText('search', { exact: true }).click();
  await button(page, 'Seek…').click();
  await confirm(page, 'Set the position', 'search');
  await eventually(async () => (await topic.group('search').lag()) === 0);
  const member = topic.group('search').consume(
    () => {
      throw new Error('no index');
    },
    { maxAttempts: 1 },
  );
  member.on('failed', () => {});
  await topic.publish({ order: 1 });
  await eventually(async () => (await topic.group('search').stats()).dead === 1);
  await member.stop();
  await button(page, 'no index').click();
  await page.getByRole('heading', { name: '1 dead letters that match' }).waitFor();
  expect(page.url()).toMatch(/reason=failed&fingerprint=\w+/);
  await button(page, 'Redrive all that match…').click();
  await page.getByLabel('At most so many per second').fill('5');
  await confirm(page, 'Send 1 again');
  await page.getByText('1 sent again, done').waitFor();
  await eventually(async () => (await topic.group('search').stats()).dead === 0);

  const dying = topic.group('search').consume(() => Promise.reject(new Error('still none')), {
    maxAttempts: 1,
  });
  dying.on('failed', () => {});
  await button(page, 'Show all').click();
  const letters = page.getByRole('table', { name: 'Dead letters of this group' });
  await letters.locator('tr', { hasText: 'still none' }).locator('th a').click();
  await page.getByText('still none').waitFor();
  await dying.stop();
  await button(page, 'Edit and redrive…').click();
  await page.getByLabel('Body (json)').fill('{"order":"mended"}');
  await confirm(page, 'Send it again');
  await page.getByText('Nobody consumes for this group.').waitFor();
  const seen: object[] = [];
  const reading = topic.group('search').consume(({ body }) => void seen.push(body));
  await eventually(() => seen.length > 0);
  expect(seen).toEqual([{ order: 'mended' }]);
  await reading.stop();

  const failing = topic.group('search').consume(() => Promise.reject(new Error('full')), {
    maxAttempts: 1,
  });
  failing.on('failed', () => {});
  await topic.publish({ order: 2 });
  await eventually(async () => (await topic.group('search').stats()).dead === 1);
  await failing.stop();
  await button(page, 'Look again').click();
  await button(page, /^Delete .*…$/).click();
  await confirm(page, /^Delete/, 'search');
  await eventually(async () => (await topic.group('search').stats()).dead === 0);
});

it('channels are listed, followed and published to', async () => {
  const pubsub = new PubSub({ connection });
  onTestFinished(() => pubsub.close());
  const news = await pubsub.subscribe('news');
  const page = await open('/channels');
  await row(page, 'news').getByText('news', { exact: true }).click();
  await page.getByText('Waiting for the next message').waitFor();
  await eventually(async () => {
    await pubsub.publish('news', { headline: 'just now' });
    return (await page.getByText('just now').count()) > 0;
  });
  await button(page, 'Publish…').click();
  await page.getByLabel('Body', { exact: true }).fill('{"headline":"typed"}');
  await confirm(page, 'Publish');
  await page.getByText(/Published to \d receivers?/).waitFor();
  await row(page, 'typed').waitFor();
  await eventually(async () => JSON.stringify((await news.next())?.body).includes('typed'));
  await button(page, 'Stop following').click();
  await page.getByText('Not followed').waitFor();
  expect(page.url()).toContain('follow=no');
  await page.goto(page.url().replace(/channels.*/, 'channels'));
  await page.getByLabel('Name of a channel').fill('a/b');
  await page.getByLabel('sharded').check();
  await button(page, 'Open').click();
  await page.getByRole('heading', { name: 'a/b' }).waitFor();
  expect(page.url()).toContain('channels/a%2Fb?sharded=true');
});

it('the server tells what endangers messages, and its slow commands without their arguments', async () => {
  await connection.call('CLIENT', ['SETNAME', 'worker-7']);
  await connection.call('CONFIG', ['SET', 'slowlog-log-slower-than', 0]);
  await queue('secretive').send({ password: 'hunter2' });
  await connection.call('CONFIG', ['SET', 'slowlog-log-slower-than', 10_000]);
  const page = await open('/server');
  await page.getByText(/maxmemory is not set/).waitFor();
  await row(page, 'LPUSH').waitFor();
  await row(page, 'worker-7').waitFor();
  expect(await page.content()).not.toContain('hunter2');
  await queue('secretive').destroy();
});

it('an address that is no page says so, and the pages of a queue are where the menu says', async () => {
  const page = await open('/queues/invoices/nonsense');
  await page.getByRole('heading', { name: 'There is no such page' }).waitFor();
  expect(await page.getByText('What was settled').count()).toBe(0);
  await page.getByRole('link', { name: 'The overview of this queue' }).click();
  await page.getByText('What was settled').waitFor();

  const menu = page.getByRole('navigation', { name: 'Sections' });
  const current = () => menu.locator('[aria-current=page]').allTextContents();
  expect(await current()).toEqual(['Now']);
  for (const title of ['Consumers', 'Schedules', 'Flows']) {
    await page.getByLabel('Pages of this queue').getByRole('link', { name: title }).click();
    expect(await current()).toEqual([title]);
  }
  await page.getByLabel('Pages of this queue').getByRole('link', { name: 'Messages' }).click();
  expect(await current()).toEqual(['Now']);
  await page.goto(page.url().replace(/queues\/invoices.*/, 'nonsense'));
  await page.getByRole('link', { name: 'All queues and topics' }).waitFor();
  expect(await current()).toEqual([]);
});

it('while Redis is away the page says so and keeps what it has, and goes on when it is back', async () => {
  const port = await freePort();
  const first = await startRedis({ port });
  const mortal = connect(first.url, { callTimeoutMs: 300 });
  mortal.on('error', () => {});
  onTestFinished(() => mortal.close());
  await new Queue('before', { connection: mortal }).send({});
  const { url } = await dashboards.serve({ connection: mortal });
  const { page } = await browser.open(url);
  await row(page, 'before').waitFor();
  await first.stop();
  await page.getByRole('alert').first().waitFor();
  expect(await row(page, 'before').count()).toBe(1);
  const second = await startRedis({ port });
  onTestFinished(() => second.stop());
  await eventually(async () => {
    await new Queue('after', { connection: mortal }).send({}).catch(() => {});
    return (await row(page, 'after').count()) > 0;
  });
  await page.getByRole('alert').first().waitFor({ state: 'detached' });
});

it('one who may only look is offered nothing else', async () => {
  const { url } = await dashboards.serve({ basePath, readOnly: true });
  const { page } = await browser.open(`${url}/queues/thumbnails`);
  await page.locator('.chart').first().waitFor();
  await page.getByText('read-only').waitFor();
  expect(await button(page, /Pause|Limits|Purge|Destroy|Send/).count()).toBe(0);
  const { url: closed } = await dashboards.serve({ basePath, authorize: () => undefined });
  const { page: refused } = await browser.open(closed);
  await refused.getByText('You are not signed in').waitFor();
});

it('hostile bodies are shown as what they are, and do nothing', async () => {
  const hostile = queue('<img src=x onerror=alert(1)>');
  const markup = '</script><script>alert(1)</script><img src=x onerror=alert(2)>';
  const headers = { '<b>': markup };
  await hostile.send(markup as never, { id: '<i>id</i>', headers });
  await hostile.send('y'.repeat(10_000_000) as never, { id: 'large' });
  await connection.call('LPUSH', [hostile.name, Buffer.from([0, 255, 1, 254])]);
  const page = await open(`/queues/${encodeURIComponent(hostile.name)}/messages`);
  let alerts = 0;
  page.on('dialog', () => {
    alerts += 1;
  });
  await page.getByText('AP8B/g==').waitFor();
  await page.getByText('<i>id</i>', { exact: true }).click();
  await page.locator('pre', { hasText: markup }).waitFor();
  expect(await page.locator('main img, main script, main i, main b').count()).toBe(0);
  await page.goto(page.url().replace(/messages.*/, 'messages/large'));
  await page.getByText('only the beginning is shown').waitFor();
  expect((await page.locator('pre').textContent())?.length).toBe(65_536);
  expect(alerts).toBe(0);
  await hostile.destroy();
});

it.each([320, 768, 2560])(
  'at %i px nothing is wider than the screen, light or dark',
  async (width) => {
    const page = await open('/', { width, height: 900, colorScheme: 'dark' });
    const paths = [
      '/',
      '/queues/thumbnails',
      '/queues/emails/messages?state=settled',
      '/schedules',
      '/topics/orders',
      '/flows',
      '/channels/news',
      '/server',
    ];
    for (const path of paths) {
      await page.goto(new URL(basePath + path, page.url()).href);
      await page.locator('.data, .tiles, .empty').first().waitFor();
      const [content, screen] = (await page.evaluate(
        '[document.documentElement.scrollWidth, innerWidth]',
      )) as number[];
      expect(content, path).toBeLessThanOrEqual(screen as number);
    }
    await button(page, 'Use light colours').click();
    await page.reload();
    await button(page, 'Use dark colours').waitFor();
  },
);

it('all of it can be done with the keyboard', async () => {
  const page = await open('/queues/thumbnails');
  await button(page, 'Pause…').waitFor();
  await page.keyboard.press('Tab');
  expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content');
  await button(page, 'Pause…').focus();
  await page.keyboard.press('Enter');
  await dialog(page).waitFor();
  await page.keyboard.press('Escape');
  await dialog(page).waitFor({ state: 'detached' });
  expect((await queue('thumbnails').stats()).paused).toBeUndefined();
});

it('Now shows channels, a queue that nobody knows says so, and no character turns what follows around', async () => {
  const pubsub = new PubSub({ connection });
  onTestFinished(() => pubsub.close());
  await pubsub.subscribe('channel of now');
  const page = await open('/');
  await row(page, 'channel of now').waitFor();

  await page.goto(`${page.url().replace(/\/$/, '')}/queues/nobody`);
  await page.getByText('Nothing is known of a queue of this name').waitFor();
  await page.getByText('Nothing up to the last full minute').first().waitFor();

  await queue('turned').send({ file: 'a\u202egnp.exe' }, { id: 'turned' });
  await page.goto(`${page.url().replace('/nobody', '/turned')}/messages/turned`);
  await page.locator('pre', { hasText: 'a\\u202egnp.exe' }).waitFor();
  await page.goto(page.url().replace('/messages/turned', ''));
  await page.locator('h1', { hasText: 'turned' }).waitFor();
  expect(await page.getByText('Nothing is known').count()).toBe(0);
});

it('of a queue with keys the messages without a key are a row, which cannot be paused', async () => {
  const mixed = queue('mixed');
  await mixed.sendBatch([{ body: {} }, { body: {} }, { body: {}, key: 'acme' }]);
  const page = await open('/queues/mixed');
  await row(page, 'acme').waitFor();
  expect(await row(page, 'no key').locator('td').first().textContent()).toBe('2');
  expect(await row(page, 'no key').locator('button').count()).toBe(0);
  expect(await row(page, 'acme').locator('button').count()).toBe(1);
});
