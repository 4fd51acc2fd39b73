import { Injectable } from '@nestjs/common';
import type { ConsumeBatchOptions, ConsumeOptions, ConsumerEvents } from '@redpost/queue';
import { stopConsumer } from './running.js';

const consumerKey = 'redpost:consumer';
const handlersKey = 'redpost:handlers';

/** Options of a consumer: those of `queue.consume()`. */
export interface ConsumerOptions extends Omit<ConsumeOptions, 'signal'> {
  /** The name of the connection of its queue, where there are several. */
  connection?: string | undefined;
}

/** What a class was decorated with. */
export interface ConsumerMetadata extends ConsumerOptions {
  queue: string;
}

/** What the methods of a class were decorated with. */
export interface MethodMetadata {
  kind: 'handle' | 'batch' | 'event';
  method: string;
  /** Of a batch. */
  options?: ConsumeBatchOptions;
  event?: keyof ConsumerEvents<unknown>;
}

/** Methods that Nest calls. */
interface Hooks {
  onModuleDestroy?(): unknown;
}

/**
 * Makes a class a consumer of a queue. Its method with `@Handle()` is called for each message: returning acknowledges the message, and
 * throwing asks for a retry. List the class among the providers of a module that imports `registerQueue()` of this queue.
 *
 * It is started when the application has started, and lets its handlers finish when its module is destroyed, before the modules
 * that this one imports are. In a request-scoped class, each message has an instance of its own, and `REQUEST` is the delivery.
 *
 * ```ts
 * @Consumer('emails', { concurrency: 20 })
 * export class EmailConsumer {
 *   @Handle()
 *   async send({ body }: Delivery<Email>) {}
 * }
 * ```
 */
export function Consumer(queue: string, options: ConsumerOptions = {}): ClassDecorator {
  return (target) => {
    // Keeps the scope that another `@Injectable()` gives it.
    if (!Reflect.hasMetadata('__injectable__', target)) Injectable()(target);
    Reflect.defineMetadata(consumerKey, { ...options, queue }, target);
    const hooks = target.prototype as Hooks;
    const own = hooks.onModuleDestroy;
    hooks.onModuleDestroy = async function (this: object) {
      await stopConsumer(this);
      await own?.call(this);
    };
  };
}

/** The method that is called for each message, with the delivery. */
export function Handle(): MethodDecorator {
  return marked({ kind: 'handle' });
}

/** The method that is called for each batch of messages, with the deliveries, in the place of `@Handle()`. */
export function HandleBatch(options: ConsumeBatchOptions = {}): MethodDecorator {
  return marked({ kind: 'batch', options });
}

/** A method that is called for an event of the consumer, e.g. `failed`. */
export function OnConsumerEvent(event: keyof ConsumerEvents<unknown>): MethodDecorator {
  return marked({ kind: 'event', event });
}

function marked(metadata: Omit<MethodMetadata, 'method'>): MethodDecorator {
  return (prototype, method) => {
    const before = methodsOf(prototype.constructor);
    const all = [...before, { ...metadata, method: String(method) }];
    Reflect.defineMetadata(handlersKey, all, prototype.constructor);
  };
}

/** Undefined for a class that is no consumer. */
export function consumerOf(type: object): ConsumerMetadata | undefined {
  return Reflect.getMetadata(consumerKey, type);
}

/** The decorated methods of a class, with those that it inherits. */
export function methodsOf(type: object): MethodMetadata[] {
  return Reflect.getMetadata(handlersKey, type) ?? [];
}
