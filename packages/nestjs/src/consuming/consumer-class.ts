import { ContextIdFactory, type ModuleRef } from '@nestjs/core';
import { InvalidArgumentError } from '@redpost/core';
import type { BatchHandler, Handler } from '@redpost/queue';
import { type ConsumerMetadata, consumerOf, type MethodMetadata, methodsOf } from './decorators.js';

/** A provider, as the discovery of Nest finds it. */
export interface FoundProvider {
  // biome-ignore lint/complexity/noBannedTypes: as Nest has it.
  metatype: Function | (new (...injected: never[]) => unknown) | null;
  instance: unknown;
  isDependencyTreeStatic(): boolean;
}

type Instance = Record<string, (argument: unknown) => unknown>;

/** A class with `@Consumer()`: what it was decorated with, and how its methods are called. */
export class ConsumerClass {
  readonly metadata: ConsumerMetadata;
  readonly methods: readonly MethodMetadata[];
  readonly #handling: MethodMetadata;
  readonly #provider: FoundProvider;
  readonly #moduleRef: ModuleRef;

  /** @throws InvalidArgumentError unless exactly one method handles messages. */
  constructor(metadata: ConsumerMetadata, provider: FoundProvider, moduleRef: ModuleRef) {
    this.metadata = metadata;
    this.#provider = provider;
    this.#moduleRef = moduleRef;
    this.methods = methodsOf(provider.metatype as object);
    const [handling, ...others] = this.methods.filter(({ kind }) => kind !== 'event');
    if (!handling || others.length > 0) {
      throw new InvalidArgumentError(
        `${provider.metatype?.name} is a consumer of '${metadata.queue}', so it needs one method with @Handle() or @HandleBatch(), and has ${others.length + (handling ? 1 : 0)}`,
      );
    }
    this.#handling = handling;
  }

  /** Undefined for a provider that is no consumer. */
  static of(provider: FoundProvider, moduleRef: ModuleRef): ConsumerClass | undefined {
    const { metatype, instance } = provider;
    if (typeof metatype !== 'function' || !instance) return undefined;
    const metadata = consumerOf(metatype);
    return metadata && new ConsumerClass(metadata, provider, moduleRef);
  }

  /** The instance that Nest has made, of a class that is not request-scoped. */
  get instance(): object {
    return this.#provider.instance as object;
  }

  /** The options of its batches, if it handles batches. */
  get batch(): MethodMetadata['options'] {
    return this.#handling.kind === 'batch' ? (this.#handling.options ?? {}) : undefined;
  }

  /** Calls the method that handles messages. */
  readonly handle: Handler<unknown> & BatchHandler<unknown> = (message: unknown) =>
    this.call(this.#handling.method, message);

  /** Calls a method with an argument. */
  call(method: string, argument: unknown): unknown {
    if (this.#provider.isDependencyTreeStatic()) {
      return (this.instance as Instance)[method]?.(argument);
    }
    return this.#callForOne(method, argument);
  }

  /** Each message has an instance of its own. */
  async #callForOne(method: string, argument: unknown): Promise<unknown> {
    const contextId = ContextIdFactory.create();
    this.#moduleRef.registerRequestByContextId(argument, contextId);
    const type = this.#provider.metatype as new () => Instance;
    const instance = await this.#moduleRef.resolve<Instance>(type, contextId, { strict: false });
    return instance[method]?.(argument);
  }
}
