import { PubSub } from '@redpost/pubsub';
import { Queue } from '@redpost/queue';
import { Topic } from '@redpost/topic';

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const random = (from, to) => from + Math.random() * (to - from);

/**
 * The queues, topics and channels of a small shop, with traffic and some trouble, until `stop()`. All of it is real but for the
 * last hour of `emails`, which is written down: nobody waits an hour for a picture.
 */
export async function playScene(connection) {
  const shop = new Shop(connection);
  await shop.open();
  return shop;
}

class Shop {
  #connection;
  #queues = [];
  #topics = [];
  #pubsubs = [];
  #isOpen = true;
  #traffic = [];

  constructor(connection) {
    this.#connection = connection;
  }

  async open() {
    await this.#invoices();
    await this.#thumbnails();
    await this.#reports();
    await this.#webhooks();
    await this.#exports();
    await this.#emails();
    await this.#orders();
    await this.#channels();
  }

  async stop() {
    this.#isOpen = false;
    await Promise.all(this.#traffic);
    await Promise.all(
      [...this.#queues, ...this.#topics, ...this.#pubsubs].map((each) => each.close()),
    );
  }

  async #emails() {
    const emails = this.#queue('emails', { history: {} });
    await this.#writeLastHour('emails');
    async function sendMail({ attempt }) {
      await pause(random(15, 60));
      if (attempt === 1 && Math.random() < 0.02) throw new Error('421 try again later');
    }
    for (const concurrency of [20, 20, 10]) quiet(emails.consume(sendMail, { concurrency }));
    this.#send(emails, 140, (n) => ({ to: `customer${n}@example.com`, template: 'order-shipped' }));
  }

  async #invoices() {
    const invoices = this.#queue('invoices');
    const failures = [
      [57, () => new Error('connect ECONNREFUSED 10.0.4.17:8443')],
      [23, (n) => new TypeError(`Customer ${4000 + n} has no billing address`)],
      [9, (n) => new RangeError(`The total of order ${n} is negative`)],
      [4, () => new Error('The template invoice-2031 does not exist')],
    ];
    const kinds = ['card', 'transfer', 'refund', 'voucher'];
    const bodies = failures.flatMap(([count], kind) =>
      Array.from({ length: count }, (_, n) => ({ customer: 4000 + n, kind: kinds[kind] })),
    );
    await invoices.sendBatch(bodies.map((body) => ({ body })));
    function chargeCustomer({ body }) {
      const [, failure] = failures[kinds.indexOf(body.kind)];
      throw failure(body.customer - 4000);
    }
    const failing = quiet(invoices.consume(chargeCustomer, { concurrency: 50, maxAttempts: 1 }));
    while ((await invoices.stats()).dead < bodies.length) await pause(50);
    await failing.stop();

    quiet(invoices.consume(() => pause(random(80, 300)), { concurrency: 10 }));
    this.#send(invoices, 18, (n) => ({ customer: 5000 + n, kind: 'monthly' }));
  }

  async #thumbnails() {
    const thumbnails = this.#queue('thumbnails');
    const upload = (n) => ({ image: `/uploads/${n}.jpg`, sizes: [64, 256, 1024] });
    await thumbnails.sendBatch(
      Array.from({ length: 12_480 }, (_, n) => ({ body: upload(n), key: `tenant-${n % 40}` })),
    );
    quiet(thumbnails.consume(() => pause(random(60, 180)), { concurrency: 8 }));
    this.#send(thumbnails, 60, upload, (n) => ({ key: `tenant-${n % 40}` }));
  }

  async #reports() {
    const reports = this.#queue('reports');
    const timeZone = 'Europe/Berlin';
    await reports.schedules.set('daily-revenue', {
      cron: '0 7 * * *',
      timeZone,
      body: { of: 'day' },
    });
    await reports.schedules.set('weekly', { cron: '30 8 * * 1', timeZone, body: { of: 'week' } });
    await reports.schedules.set('sync-stock', { everyMs: 900_000, body: { of: 'stock' } });
    await reports.sendBatch(Array.from({ length: 6 }, () => ({ body: { of: 'month' } })));
    await reports.pause({ reason: 'The warehouse is being migrated' });
    quiet(reports.consume(() => pause(500)));
  }

  async #webhooks() {
    const webhooks = this.#queue('webhooks');
    await webhooks.limits.set({ rate: { max: 50, perMs: 1000 }, concurrency: 20 });
    const event = (n) => ({ url: `https://hooks.example.com/${n % 50}`, event: 'order.paid' });
    await webhooks.sendBatch(
      Array.from({ length: 230 }, (_, n) => ({
        body: event(n),
        delayMs: random(300_000, 900_000),
      })),
    );
    quiet(webhooks.consume(() => pause(random(40, 200)), { concurrency: 20 }));
    this.#send(webhooks, 42, event);
  }

  async #exports() {
    const exports = this.#queue('exports');
    await exports.sendBatch(Array.from({ length: 3 }, (_, n) => ({ body: { account: 70 + n } })));
  }

  async #orders() {
    const orders = this.#topic('orders', { partitions: 4 });
    const views = this.#topic('page-views', { partitions: 4 });
    await orders.group('search-index').seek('beginning');
    for (const group of ['billing', 'warehouse', 'analytics']) {
      quiet(orders.group(group).consume(() => pause(random(2, 10)), { concurrency: 4 }));
    }
    quiet(views.group('analytics').consume(() => pause(1), { concurrency: 4 }));
    this.#publish(orders, 30, (n) => ({ order: 100_000 + n, state: 'paid' }));
    this.#publish(views, 90, (n) => ({ path: `/products/${n % 300}` }));
  }

  async #channels() {
    const pubsub = new PubSub({ connection: this.#connection });
    this.#pubsubs.push(pubsub);
    for (const channel of ['prices', 'prices', 'prices', 'stock', 'presence']) {
      await pubsub.subscribe(channel, { onMessage() {} });
    }
    this.#repeat(25, (n) =>
      pubsub.publish('prices', { product: n % 300, cents: 1000 + (n % 700) }),
    );
    this.#repeat(5, (n) => pubsub.publish('stock', { product: n % 300, left: n % 40 }));
  }

  #queue(name, options = {}) {
    const queue = new Queue(name, { connection: this.#connection, ...options });
    queue.on?.('error', () => {});
    this.#queues.push(queue);
    return queue;
  }

  #topic(name, options) {
    const topic = new Topic(name, { connection: this.#connection, ...options });
    this.#topics.push(topic);
    return topic;
  }

  #send(queue, perSecond, bodyOf, optionsOf = () => ({})) {
    this.#repeat(perSecond, (n) => queue.send(bodyOf(n), optionsOf(n)));
  }

  #publish(topic, perSecond, bodyOf) {
    this.#repeat(perSecond, (n) => topic.publish(bodyOf(n), { key: `customer-${n % 97}` }));
  }

  /** About so many times a second, in waves. */
  #repeat(perSecond, act) {
    const play = async () => {
      for (let n = 0; this.#isOpen; ) {
        const wave = 1 + 0.35 * Math.sin(Date.now() / 7000) + random(-0.1, 0.1);
        const count = Math.max(1, Math.round((perSecond * wave) / 5));
        await Promise.all(Array.from({ length: count }, () => act(n++)));
        await pause(200);
      }
    };
    this.#traffic.push(play());
  }

  /** The minutes of `series` as docs/protocol.md has them: five counts, 25 numbers for waits, and 25 for runs. */
  async #writeLastHour(name) {
    const now = Math.floor(Date.now() / 60_000);
    const passed = (Date.now() % 60_000) / 60_000;
    for (let ago = 60; ago >= 0; ago -= 1) {
      const wave = 8000 + 1800 * Math.sin(ago / 9) + random(-400, 400);
      const acked = Math.round(wave * (ago === 0 ? passed : 1));
      const slow = ago > 20 && ago < 27 ? 3 : 0;
      const counts = [acked, Math.round(acked * 0.02), slow, 0, 0];
      const waits = spread(acked, 1 + slow);
      const runs = spread(acked, 5);
      const numbers = [...counts, ...waits, ...runs].join(',');
      await this.#connection.call('HSET', [`{${name}}:series`, `m${now - ago}`, numbers]);
    }
  }
}

/** So many measured times, most of them about 2^at ms. */
function spread(count, at) {
  const shares = [0.12, 0.6, 0.2, 0.06, 0.02];
  const numbers = new Array(25).fill(0);
  for (const [n, share] of shares.entries()) {
    numbers[at + n] = Math.round(count * share * random(0.8, 1.2));
  }
  return numbers;
}

function quiet(consumer) {
  for (const event of ['failed', 'error', 'lost']) consumer.on(event, () => {});
  return consumer;
}
