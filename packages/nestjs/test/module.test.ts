import 'reflect-metadata';
import { Inject, Injectable, Module, type OnModuleDestroy, Scope } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { type Connection, connect, InvalidArgumentError } from '@redpost/core';
import type { Delivery, Queue } from '@redpost/queue';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import {
  Consumer,
  getConnectionToken,
  getQueueToken,
  Handle,
  HandleBatch,
  InjectConnection,
  InjectQueue,
  OnConsumerEvent,
  RedpostModule,
} from '../src/index.js';
import { uniqueName, useRedis } from './support.js';

const redis = useRedis();

async function start(...imports: unknown[]) {
  const app = await Test.createTestingModule({ imports: imports as never[] }).compile();
  app.useLogger(false);
  await app.init();
  onTestFinished(() => app.close());
  return app;
}

const root = (more: object = {}) => RedpostModule.forRoot({ target: redis.url, ...more });

it('a class is called for the messages of its queue, which another one sends, and for events', async () => {
  const name = uniqueName();
  const got: string[] = [];
  const failed: string[] = [];

  @Consumer(name, { concurrency: 2, backoff: () => 0 })
  class Emails {
    @Handle()
    send({ body, attempt }: Delivery<string>) {
      if (attempt === 1 && body === 'fails') throw new Error('no');
      got.push(`${body} ${attempt}`);
    }

    @OnConsumerEvent('failed')
    failed({ error }: { error: Error }) {
      failed.push(error.message);
    }
  }

  @Injectable()
  class SignUp {
    constructor(
      @InjectQueue(name) readonly emails: Queue<string>,
      @InjectConnection() readonly connection: Connection,
    ) {}
  }

  @Module({ imports: [RedpostModule.registerQueue(name)], providers: [Emails, SignUp] })
  class EmailModule {}

  const app = await start(root(), EmailModule);
  const { emails, connection } = app.get(SignUp, { strict: false });
  await emails.send('hello');
  await emails.send('fails');

  await eventually(() => got.length === 2);
  expect(got.sort()).toEqual(['fails 2', 'hello 1']);
  expect(failed).toEqual(['no']);
  expect(await connection.ping()).toBeGreaterThanOrEqual(0);
  expect(app.get(getQueueToken(name), { strict: false })).toBe(emails);
  expect(app.get(getConnectionToken(), { strict: false })).toBe(connection);
});

it('at the shutdown, consumers drain first, then their module ends, then modules that it imports, then the connection', async () => {
  const name = uniqueName();
  const steps: string[] = [];
  let isStarted = false;
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });

  @Injectable()
  class Database implements OnModuleDestroy {
    onModuleDestroy() {
      steps.push('database closed');
    }
  }
  @Module({ providers: [Database], exports: [Database] })
  class DatabaseModule {}

  @Consumer(name)
  class Slow implements OnModuleDestroy {
    constructor(
      @Inject(Database) readonly database: Database,
      @InjectQueue(name) readonly queue: Queue<string>,
    ) {}

    @Handle()
    async work({ body }: Delivery<string>) {
      if (body === 'next') return;
      isStarted = true;
      await ended;
      // Its queue and the database are there still.
      await this.queue.send('next');
      steps.push('handled');
    }

    onModuleDestroy() {
      steps.push('module destroyed');
    }
  }
  @Module({ imports: [DatabaseModule, RedpostModule.registerQueue(name)], providers: [Slow] })
  class WorkModule {}

  const app = await start(root(), WorkModule);
  const connection = app.get<Connection>(getConnectionToken(), { strict: false });
  connection.on('closed', () => steps.push('connection closed'));
  const queue = app.get<Queue<string>>(getQueueToken(name), { strict: false });
  await queue.send('slow');
  await eventually(() => isStarted);

  const closed = app.close();
  end();
  await closed;

  expect(steps).toEqual(['handled', 'module destroyed', 'database closed', 'connection closed']);
  const other = connect(redis.url);
  onTestFinished(() => other.close());
  expect(await other.call('EXISTS', [`{${name}}:consumers`])).toBe(0);
});

it('batches, request-scoped classes and named connections work', async () => {
  const [batches, scoped] = [uniqueName(), uniqueName()];
  const got: unknown[] = [];

  @Consumer(batches, { connection: 'second' })
  class Batches {
    @HandleBatch({ max: 10, maxWaitMs: 0 })
    insert(deliveries: readonly Delivery<number>[]) {
      got.push(...deliveries.map(({ body }) => body));
    }
  }

  @Consumer(scoped)
  @Injectable({ scope: Scope.REQUEST })
  class Scoped {
    readonly created = new Date();
    constructor(@Inject(REQUEST) readonly request: Delivery<string>) {}

    @Handle()
    handle(delivery: Delivery<string>) {
      got.push(this.request === delivery ? delivery.body : 'another one');
    }
  }

  const second = { name: batches, connection: 'second' };
  @Module({
    imports: [RedpostModule.registerQueue(scoped, second)],
    providers: [Batches, Scoped],
  })
  class Consumers {}

  const connection = connect(redis.url);
  onTestFinished(() => connection.close());
  const later = RedpostModule.forRootAsync({
    name: 'second',
    inject: [getConnectionToken()],
    useFactory: (first: Connection) => ({
      connection: first === connection ? undefined : connection,
    }),
  });
  const app = await start(root(), later, Consumers);
  const queue = app.get<Queue<number>>(getQueueToken(batches, 'second'), { strict: false });
  await queue.sendBatch([1, 2, 3].map((body) => ({ body })));
  await app.get<Queue<string>>(getQueueToken(scoped), { strict: false }).send('scoped');

  await eventually(() => got.length === 4);
  expect(got.map(String).sort()).toEqual(['1', '2', '3', 'scoped']);
  await app.close();
  // A connection of one's own stays open.
  expect(connection.status).toBe('ready');
});

it('with consumers: false, an application only sends', async () => {
  const name = uniqueName();
  @Consumer(name)
  class Emails {
    @Handle()
    send() {}
  }
  @Module({ imports: [RedpostModule.registerQueue(name)], providers: [Emails] })
  class EmailModule {}
  const app = await start(root({ consumers: false }), EmailModule);
  const queue = app.get<Queue<string>>(getQueueToken(name), { strict: false });
  await queue.send('hello');
  expect(await queue.stats()).toMatchObject({ pending: 1, consumers: 0 });
});

it('what cannot work is refused at the start, and says what to do', async () => {
  const name = uniqueName();
  @Consumer(name)
  class Unregistered {
    @Handle()
    handle() {}
  }
  @Consumer(name)
  class WithoutMethod {}
  const failure = async (...providers: never[]) => {
    const app = await Test.createTestingModule({ imports: [root()], providers }).compile();
    app.useLogger(false);
    const error = await app.init().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    // An application that has not started cannot be closed.
    await app.get<Connection>(getConnectionToken(), { strict: false }).close();
    expect(error).toBeInstanceOf(InvalidArgumentError);
    return (error as Error).message;
  };
  expect(await failure(Unregistered as never)).toContain(`RedpostModule.registerQueue('${name}')`);
  expect(await failure(WithoutMethod as never)).toContain('@Handle()');
  const none = Test.createTestingModule({ imports: [RedpostModule.forRoot({})] }).compile();
  await expect(none).rejects.toThrow('either a target or a connection');
});
