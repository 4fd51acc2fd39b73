import type { Connection } from '@redpost/core';
import { type Consumer, Queue } from '@redpost/queue';
import { Topic } from '@redpost/topic';

/** What there is to be seen in a scene, and what ends it. */
export interface Scene {
  /** Entries of the dead letters of `invoices`. */
  entries: string[];
  stop(): Promise<void>;
}

/** Queues, topics and schedules of a small shop, with some trouble. */
export async function createScene(connection: Connection): Promise<Scene> {
  const consumers: Consumer<never>[] = [];
  const emails = new Queue<object>('emails', {
    connection,
    history: { maxLength: 1000, maxAgeMs: 3_600_000 },
  });
  const invoices = new Queue<object>('invoices', { connection });
  const thumbnails = new Queue<object>('thumbnails', { connection });
  const reports = new Queue<object>('reports', { connection });

  await emails.sendBatch(
    Array.from({ length: 40 }, (_, n) => ({
      id: `mail-${n}`,
      body: { to: `user${n}@example.com`, template: 'welcome' },
      headers: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
    })),
  );
  async function sendMail() {}
  consumers.push(emails.consume(sendMail, { concurrency: 20 }) as Consumer<never>);

  await invoices.sendBatch(
    Array.from({ length: 12 }, (_, n) => ({
      id: `invoice-${n}`,
      body: { customer: 1000 + n, total: 99.9 * (n + 1) },
    })),
  );
  const failing = invoices.consume(
    ({ body }) => {
      const { customer } = body as { customer: number };
      if (customer % 3 === 0) throw new Error(`customer ${customer} has no address`);
      throw new TypeError(`the service answered 503 after ${customer} ms`);
    },
    { maxAttempts: 1 },
  );
  failing.on('failed', () => {});
  while ((await invoices.stats()).dead < 12) await new Promise((done) => setTimeout(done, 20));
  await failing.stop();

  await thumbnails.sendBatch(
    Array.from({ length: 300 }, (_, n) => ({
      id: `image-${n}`,
      body: { image: `/uploads/${n}.png`, sizes: [64, 256, 1024] },
      key: `tenant-${n % 7}`,
    })),
  );
  await thumbnails.pauseKey('tenant-3');
  await reports.send({ kind: 'monthly' }, { id: 'later', delayMs: 3_600_000 });
  await reports.schedules.set('daily', {
    cron: '0 8 * * *',
    timeZone: 'Europe/Berlin',
    body: { kind: 'daily' },
  });
  await reports.schedules.set('sync', { everyMs: 900_000, body: { kind: 'sync' } });
  await reports.limits.set({ rate: { max: 10, perMs: 1000 }, concurrency: 4 });
  await reports.pause({ reason: 'the warehouse is being moved' });

  const orders = new Topic<object>('orders', { connection, partitions: 2 });
  await orders.publishBatch(
    Array.from({ length: 30 }, (_, n) => ({
      body: { order: n, state: 'paid' },
      key: `shop-${n % 4}`,
    })),
  );
  const billing = orders.group('billing').consume(() => {});
  await orders.group('search').seek('beginning');

  const letters = await invoices.deadLetters.list();
  return {
    entries: letters.map(({ entry }) => entry),
    async stop() {
      await billing.stop();
      await Promise.all(consumers.map((consumer) => consumer.stop()));
      await Promise.all(
        [emails, invoices, thumbnails, reports, orders].map((each) => each.close()),
      );
    },
  };
}
