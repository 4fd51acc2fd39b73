import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { context, propagation, SpanKind, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  CompositePropagator,
  W3CBaggagePropagator,
  W3CTraceContextPropagator,
} from '@opentelemetry/core';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  AlwaysOffSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  ParentBasedSampler,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import * as conventions from '@opentelemetry/semantic-conventions/incubating';
import { connect, InvalidArgumentError } from '@redpost/core';
import { type EmbeddedRedis, startRedis } from '@redpost/core/embedded';
import { PubSub } from '@redpost/pubsub';
import { Queue } from '@redpost/queue';
import { Topic } from '@redpost/topic';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { names } from '../src/attributes.js';
import { observeWithOpenTelemetry, type TelemetryOptions } from '../src/index.js';

let redis: EmbeddedRedis;
beforeAll(async () => {
  redis = await startRedis();
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});
afterAll(() => redis.stop());

let used = 0;
function queueOf<Body>(name = `q${++used}`): Queue<Body> {
  const connection = connect(redis.url);
  const queue = new Queue<Body>(name, { connection });
  onTestFinished(async () => {
    await queue.close();
    await connection.close();
  });
  return queue;
}

/** Observes by providers of the test's own, and returns what these have exported. */
function telemetry(options: TelemetryOptions = {}) {
  const spans = new InMemorySpanExporter();
  const metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({
    exporter: metrics,
    exportIntervalMillis: 3_600_000,
  });
  const tracerProvider = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(spans)],
  });
  const meterProvider = new MeterProvider({ readers: [reader] });
  const propagator = new W3CTraceContextPropagator();
  onTestFinished(
    observeWithOpenTelemetry({ tracerProvider, meterProvider, propagator, ...options }),
  );
  onTestFinished(() => meterProvider.shutdown());
  const ended = (name: string) => spans.getFinishedSpans().filter((span) => span.name === name);
  return {
    tracer: tracerProvider.getTracer('test'),
    ended,
    async one(name: string): Promise<ReadableSpan> {
      await eventually(() => ended(name).length > 0);
      return ended(name)[0] as ReadableSpan;
    },
    /** The points of a metric: their attributes and values. */
    async points(name: string) {
      await reader.forceFlush();
      const all =
        metrics
          .getMetrics()
          .at(-1)
          ?.scopeMetrics.flatMap((each) => each.metrics) ?? [];
      return all.find(({ descriptor }) => descriptor.name === name)?.dataPoints ?? [];
    },
  };
}

interface SpanElsewhere {
  name: string;
  kind: SpanKind;
  traceId: string;
  spanId: string;
  parent?: string;
}

/** Runs a process that sends to a queue, a topic and a channel, and resolves to the spans that it has made. */
async function sendElsewhere(name: string): Promise<SpanElsewhere[]> {
  const sending = fileURLToPath(new URL('support/sending.mjs', import.meta.url));
  const input = JSON.stringify({ url: redis.url, name });
  const { stdout } = await promisify(execFile)(process.execPath, [sending, input]);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

it('what another process has published to a topic or a channel is handled in a span, of a record with a link', async () => {
  const name = `q${++used}`;
  const connection = connect(redis.url);
  const topic = new Topic<string>(`${name}-topic`, { connection });
  const pubsub = new PubSub<string>({ connection });
  onTestFinished(async () => {
    await topic.close();
    await pubsub.close();
    await connection.close();
  });
  const { one } = telemetry();
  await pubsub.subscribe(`${name}-channel`, { onMessage: () => {} });
  const sent = await sendElsewhere(name);
  topic.group('billing').consume(() => {});

  const publish = sent.find((span) => span.name === `publish ${topic.name}`);
  const record = await one(`process ${topic.name}`);
  expect(record.links.map((link) => link.context)).toMatchObject([
    { traceId: publish?.traceId, spanId: publish?.spanId },
  ]);
  expect(sent.map((span) => span.name)).toContain(`publish ${name}-channel`);
  expect((await one(`process ${name}-channel`)).kind).toBe(SpanKind.CONSUMER);
});

it('a message that another process has sent is handled in a span with a link to its send', async () => {
  const queue = queueOf<string>();
  const { one } = telemetry();
  const sent = await sendElsewhere(queue.name);
  const send = sent.find(({ name }) => name === `send ${queue.name}`);
  const request = sent.find(({ name }) => name === 'request');
  expect(send).toMatchObject({ kind: SpanKind.PRODUCER, parent: request?.spanId });

  let active: string | undefined;
  queue.consume(async () => {
    await Promise.resolve();
    active = trace.getActiveSpan()?.spanContext().spanId;
  });
  const process_ = await one(`process ${queue.name}`);

  expect(process_.links.map((link) => link.context)).toMatchObject([
    { traceId: send?.traceId, spanId: send?.spanId },
  ]);
  expect(process_.spanContext().traceId).not.toBe(send?.traceId);
  expect(process_.kind).toBe(SpanKind.CONSUMER);
  expect(active).toBe(process_.spanContext().spanId);
  expect(process_.attributes).toMatchObject({
    'messaging.system.name': 'redis',
    'messaging.operation.name': 'process',
    'messaging.operation.type': 'process',
    'messaging.destination.name': queue.name,
    'messaging.message.id': 'first',
    'server.address': '127.0.0.1',
    'redpost.attempt': 1,
  });
});

it('with sameTrace, the span of the handler is a child of that of the send', async () => {
  const queue = queueOf<string>();
  const { one } = telemetry({ sameTrace: true });
  await queue.send('hello');
  queue.consume(() => {});
  const [send, handled] = [await one(`send ${queue.name}`), await one(`process ${queue.name}`)];
  expect(handled.parentSpanContext?.spanId).toBe(send.spanContext().spanId);
  expect(handled.spanContext().traceId).toBe(send.spanContext().traceId);
  expect(handled.links).toEqual([]);
});

it('a batch has one span each for its send and its handler, with a link for each message', async () => {
  const queue = queueOf<number>();
  const { one } = telemetry({ sameTrace: true });
  await queue.sendBatch([{ body: 1 }, { body: 2 }, { body: 3 }]);
  queue.consumeBatch(() => {}, { maxWaitMs: 0 });
  const send = await one(`sendBatch ${queue.name}`);
  const handled = await one(`process ${queue.name}`);
  expect(send.attributes['messaging.batch.message_count']).toBe(3);
  expect(handled.attributes['messaging.batch.message_count']).toBe(3);
  const { spanId } = send.spanContext();
  expect(handled.links.map((link) => link.context.spanId)).toEqual([spanId, spanId, spanId]);
});

it('what fails is in the status of spans and in the attributes of metrics', async () => {
  const queue = queueOf<number>();
  const { one, points } = telemetry();
  await queue.send(1);
  const consumer = queue.consume(() => Promise.reject(new TypeError('no')), { maxAttempts: 1 });
  consumer.on('failed', () => {});
  const handled = await one(`process ${queue.name}`);
  expect(handled.status).toMatchObject({ code: 2, message: 'no' });
  expect(handled.attributes['error.type']).toBe('TypeError');
  const ofErrors = async (name: string) =>
    (await points(name)).map(({ attributes, value }) => [attributes['error.type'], value]);
  await eventually(async () => (await points('messaging.process.duration')).length > 0);
  const [point] = await points('messaging.process.duration');
  expect(point?.attributes).toMatchObject({ 'error.type': 'TypeError' });
  expect(await ofErrors('messaging.client.consumed.messages')).toEqual([['TypeError', 1]]);

  const connection = connect(redis.url);
  onTestFinished(() => connection.close());
  await connection.call('SET', ['a-string', '']);
  const broken = queueOf<number>('a-string');
  await expect(broken.send(2)).rejects.toMatchObject({ code: 'WRONG_TYPE' });
  expect((await one('send a-string')).attributes['error.type']).toBe('WRONG_TYPE');
  expect(await ofErrors('messaging.client.sent.messages')).toEqual([
    [undefined, 1],
    ['WRONG_TYPE', 1],
  ]);
});

it('sends of one tick share a span, unless each is part of another one', async () => {
  const queue = queueOf<number>();
  const { ended, tracer } = telemetry();
  await Promise.all([1, 2, 3].map((body) => queue.send(body)));
  await eventually(() => ended(`send ${queue.name}`).length === 1);
  expect(ended(`send ${queue.name}`)[0]?.attributes['messaging.batch.message_count']).toBe(3);

  await tracer.startActiveSpan('request', async (span) => {
    await Promise.all([4, 5].map((body) => queue.send(body)));
    span.end();
  });
  const [request] = ended('request');
  const parents = ended(`send ${queue.name}`).map((span) => span.parentSpanContext?.spanId);
  const parent = request?.spanContext().spanId;
  expect(parents).toEqual([undefined, parent, parent]);
});

it('messages that have come together are handled in spans below one span for all', async () => {
  const queue = queueOf<number>();
  const { ended, one } = telemetry();
  await Promise.all([1, 2, 3].map((body) => queue.send(body)));
  const send = await one(`send ${queue.name}`);
  queue.consume(() => {}, { concurrency: 10 });
  await eventually(() => ended(`process ${queue.name}`).length === 3);
  const receive = await one(`receive ${queue.name}`);
  expect(receive.attributes['messaging.batch.message_count']).toBe(3);
  for (const { parentSpanContext, links } of ended(`process ${queue.name}`)) {
    expect(parentSpanContext?.spanId).toBe(receive.spanContext().spanId);
    expect(links.map((link) => link.context.spanId)).toEqual([send.spanContext().spanId]);
  }
});

it('what is not sampled is counted, and its handlers are in a context that is not sampled', async () => {
  const queue = queueOf<number>();
  const spans = new InMemorySpanExporter();
  const tracerProvider = new BasicTracerProvider({
    sampler: new ParentBasedSampler({ root: new AlwaysOffSampler() }),
    spanProcessors: [new SimpleSpanProcessor(spans)],
  });
  const { points } = telemetry({ tracerProvider });
  await Promise.all(Array.from({ length: 300 }, (_, body) => queue.send(body)));
  expect((await queue.peek(1))[0]?.headers).toEqual({});
  const tracer = tracerProvider.getTracer('test');
  await tracer.startActiveSpan('request', () => queue.send(300));

  const flags = new Set<number | undefined>();
  const headers: Record<string, string>[] = [];
  queue.consume((delivery) => {
    flags.add(trace.getActiveSpan()?.spanContext().traceFlags);
    if (delivery.body === 300) headers.push(delivery.headers);
  });
  await queue.idle();
  const count = async (name: string) => (await points(name)).map(({ value }) => value);
  await eventually(async () => (await count('messaging.client.consumed.messages'))[0] === 301);
  expect(await count('messaging.client.sent.messages')).toEqual([301]);
  expect([...flags]).toEqual([0]);
  expect(headers).toEqual([{ traceparent: expect.stringMatching(/-00$/) }]);
  expect(spans.getFinishedSpans()).toEqual([]);
});

it('baggage of the sender is that of the handler, also where nothing is sampled', async () => {
  const queue = queueOf<number>();
  const propagator = new CompositePropagator({
    propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()],
  });
  const sampler = new AlwaysOffSampler();
  telemetry({ propagator, tracerProvider: new BasicTracerProvider({ sampler }) });
  const baggage = propagation.createBaggage({ tenant: { value: 'acme' } });
  await context.with(propagation.setBaggage(context.active(), baggage), () =>
    queue.sendBatch([{ body: 1 }, { body: 2 }]),
  );
  const tenants: (string | undefined)[] = [];
  queue.consume(() => {
    tenants.push(propagation.getActiveBaggage()?.getEntry('tenant')?.value);
  });
  await eventually(() => tenants.length === 2);
  expect(tenants).toEqual(['acme', 'acme']);
});

it('receive() has a span once something has come', async () => {
  const queue = queueOf<number>();
  const { one, ended } = telemetry();
  await queue.receive({ timeoutMs: 0 });
  await queue.send(1);
  await (await queue.receive())?.ack();
  const received = await one(`receive ${queue.name}`);
  const send = await one(`send ${queue.name}`);
  expect(received.links.map((link) => link.context.spanId)).toEqual([send.spanContext().spanId]);
  expect(ended(`receive ${queue.name}`)).toHaveLength(1);
});

describe('topics and channels', () => {
  it('records of topics carry the context to each group', async () => {
    const connection = connect(redis.url);
    const topic = new Topic<number>(`t${++used}`, { connection });
    onTestFinished(async () => {
      await topic.close();
      await connection.close();
    });
    const { one, points } = telemetry();
    const offset = await topic.publish(1);
    topic.group('billing').consume(() => {});
    const publish = await one(`publish ${topic.name}`);
    const handled = await one(`process ${topic.name}`);
    expect(handled.links[0]?.context.spanId).toBe(publish.spanContext().spanId);
    expect(handled.attributes).toMatchObject({
      'messaging.consumer.group.name': 'billing',
      'messaging.message.id': offset,
    });
    const consumed = await points('messaging.client.consumed.messages');
    expect(consumed.map(({ value }) => value)).toEqual([1]);
  });

  it('channels have spans without a link, because their messages have no headers', async () => {
    const connection = connect(redis.url);
    const pubsub = new PubSub<number>({ connection });
    onTestFinished(async () => {
      await pubsub.close();
      await connection.close();
    });
    const { one } = telemetry();
    await pubsub.subscribe('news', { onMessage: () => {} });
    await pubsub.publish('news', 1);
    expect((await one('publish news')).kind).toBe(SpanKind.PRODUCER);
    const handled = await one('process news');
    expect(handled.links).toEqual([]);
    expect(handled.attributes['redpost.kind']).toBe('channel');
  });
});

it('names are those of the semantic conventions', () => {
  const known = new Set(Object.values(conventions));
  for (const name of Object.values(names)) expect(known).toContain(name);
  for (const metric of [
    'messaging.client.sent.messages',
    'messaging.client.consumed.messages',
    'messaging.client.operation.duration',
    'messaging.process.duration',
  ]) {
    expect(known).toContain(metric);
  }
});

it('options that cannot work are refused', () => {
  expect(() => observeWithOpenTelemetry({ sameTrace: 1 as never })).toThrow(InvalidArgumentError);
  expect(() => observeWithOpenTelemetry({ same: true } as never)).toThrow(InvalidArgumentError);
});
