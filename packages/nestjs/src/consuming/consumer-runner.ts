import { Logger, type OnApplicationBootstrap } from '@nestjs/common';
import type { DiscoveryService, ModuleRef } from '@nestjs/core';
import type { RedpostRuntime } from '../runtime.js';
import { defaultConnection, getRuntimeToken } from '../tokens.js';
import { ConsumerClass, type FoundProvider } from './consumer-class.js';
import { setRunning } from './running.js';

/** Starts the consumers of the application when it has started. */
export class ConsumerRunner implements OnApplicationBootstrap {
  readonly #discovery: DiscoveryService;
  readonly #moduleRef: ModuleRef;

  constructor(discovery: DiscoveryService, moduleRef: ModuleRef) {
    this.#discovery = discovery;
    this.#moduleRef = moduleRef;
  }

  /** Called by Nest. @throws InvalidArgumentError for a class that cannot be a consumer. */
  onApplicationBootstrap(): void {
    const found = this.consumers().map((consumer) => ({
      consumer,
      runtime: this.#runtimeOf(consumer),
    }));
    // All of them are checked before the first one is started.
    const queues = found.map(({ consumer, runtime }) => runtime.queue(consumer.metadata.queue));
    for (const [at, { consumer, runtime }] of found.entries()) {
      if (runtime.runsConsumers) start(consumer, runtime, queues[at] as never);
    }
  }

  /** All classes with `@Consumer()`. */
  consumers(): ConsumerClass[] {
    return this.#discovery
      .getProviders()
      .flatMap((provider) => ConsumerClass.of(provider as FoundProvider, this.#moduleRef) ?? []);
  }

  /** The queue of a consumer. */
  queueOf(consumer: ConsumerClass): ReturnType<RedpostRuntime['queue']> {
    return this.#runtimeOf(consumer).queue(consumer.metadata.queue);
  }

  #runtimeOf({ metadata }: ConsumerClass): RedpostRuntime {
    const token = getRuntimeToken(metadata.connection ?? defaultConnection);
    return this.#moduleRef.get(token, { strict: false });
  }
}

function start(
  consumerClass: ConsumerClass,
  runtime: RedpostRuntime,
  queue: ReturnType<RedpostRuntime['queue']>,
): void {
  const { queue: name, connection: _, ...options } = consumerClass.metadata;
  const { batch, handle } = consumerClass;
  const consumer = batch
    ? queue.consumeBatch(handle, { ...options, ...batch })
    : queue.consume(handle, options);
  runtime.add(consumer);
  setRunning(consumerClass.instance, () => runtime.stop(consumer));
  const logger = new Logger(`Redpost:${name}`);
  const events = consumerClass.methods.filter(({ kind }) => kind === 'event');
  for (const { event = 'error', method } of events) {
    consumer.on(event, (payload) => report(() => consumerClass.call(method, payload), logger));
  }
  if (!events.some(({ event }) => event === 'error')) {
    consumer.on('error', (error) => logger.error(error.message, error.stack));
  }
  if (!events.some(({ event }) => event === 'failed')) {
    consumer.on('failed', ({ delivery, error, next }) => {
      const what =
        next.action === 'retry' ? `is retried in ${next.delayMs} ms` : 'is a dead letter';
      logger.warn(
        `Attempt ${delivery.attempt} at ${delivery.id} has failed: ${error.message}. It ${what}`,
      );
    });
  }
}

/** What a listener throws or rejects with is logged. */
async function report(listener: () => unknown, logger: Logger): Promise<void> {
  try {
    await listener();
  } catch (error) {
    logger.error(error);
  }
}
