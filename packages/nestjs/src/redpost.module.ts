import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, ModuleRef } from '@nestjs/core';
import { ConsumerRunner } from './consuming/consumer-runner.js';
import { RedpostHealthIndicator } from './health.js';
import type {
  NamedModuleOptions,
  RedpostModuleAsyncOptions,
  RedpostModuleOptions,
  RegisteredQueue,
} from './options.js';
import { RedpostRuntime } from './runtime.js';
import {
  defaultConnection,
  getConnectionToken,
  getQueueToken,
  getRuntimeToken,
  runnerToken,
} from './tokens.js';

/**
 * Redpost in a Nest application: `forRoot()` once in the root module, and `registerQueue()` in each module that uses a queue.
 *
 * ```ts
 * @Module({
 *   imports: [RedpostModule.forRoot({ target: 'redis://localhost:6379' }), RedpostModule.registerQueue('emails')],
 *   providers: [SignUp, EmailConsumer],
 * })
 * class AppModule {}
 * ```
 */
@Module({})
// biome-ignore lint/complexity/noStaticOnlyClass: a dynamic module, as Nest has it.
export class RedpostModule {
  /** Connects to Redis. Call it once for each connection. */
  static forRoot({ name, ...options }: NamedModuleOptions): DynamicModule {
    return root(name, [], { useFactory: () => new RedpostRuntime(options) });
  }

  /** The same with options of a factory, which may inject providers, such as the `ConfigService`. */
  static forRootAsync({
    name,
    imports = [],
    inject = [],
    useFactory,
  }: RedpostModuleAsyncOptions): DynamicModule {
    const makeRuntime = async (...injected: unknown[]) => {
      const options: RedpostModuleOptions = await useFactory(...injected);
      return new RedpostRuntime(options);
    };
    return root(name, imports, { inject, useFactory: makeRuntime });
  }

  /** Makes queues that the module which imports this may inject by `@InjectQueue()`. */
  static registerQueue(...queues: (string | RegisteredQueue)[]): DynamicModule {
    const registered = queues.map((queue) => (typeof queue === 'string' ? { name: queue } : queue));
    const providers = registered.map((options): Provider => {
      const { name, connection = defaultConnection } = options;
      return {
        provide: getQueueToken(name, connection),
        inject: [getRuntimeToken(connection)],
        useFactory: (runtime: RedpostRuntime) => runtime.register(options),
      };
    });
    return { module: RedpostModule, providers, exports: providers };
  }
}

function root(
  name: string = defaultConnection,
  imports: NonNullable<DynamicModule['imports']>,
  // biome-ignore lint/suspicious/noExplicitAny: as Nest has it.
  makesRuntime: { inject?: any[]; useFactory(...injected: any[]): unknown },
): DynamicModule {
  const runtime: Provider = { provide: getRuntimeToken(name), ...makesRuntime };
  const connection: Provider = {
    provide: getConnectionToken(name),
    inject: [getRuntimeToken(name)],
    useFactory: (made: RedpostRuntime) => made.connection,
  };
  const health: Provider = {
    provide: RedpostHealthIndicator,
    inject: [getConnectionToken(name)],
    useFactory: (made: RedpostRuntime['connection']) => new RedpostHealthIndicator(made),
  };
  // One runner starts the consumers of all connections.
  const providers =
    name === defaultConnection ? [runtime, connection, health] : [runtime, connection];
  return {
    module: RedpostModule,
    global: true,
    imports: [...imports, RunnerModule],
    providers,
    exports: providers,
  };
}

const runner: Provider = {
  provide: runnerToken,
  inject: [DiscoveryService, ModuleRef],
  useFactory: (discovery: DiscoveryService, moduleRef: ModuleRef) =>
    new ConsumerRunner(discovery, moduleRef),
};

@Module({ imports: [DiscoveryModule], providers: [runner] })
class RunnerModule {}
