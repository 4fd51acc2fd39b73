import type { Connection, ConnectionTarget, ConnectOptions } from '@redpost/core';
import type { QueueOptions } from '@redpost/queue';

/** Where Redis is, and whether this process handles messages. */
export interface RedpostModuleOptions {
  /** Where Redis is: what `connect()` takes, e.g. `'redis://localhost:6379'`. The connection is closed with the application. */
  target?: ConnectionTarget | undefined;
  /** Options of `connect()`. */
  connect?: ConnectOptions | undefined;
  /** A connection of your own, in the place of `target`. It is not closed. */
  connection?: Connection | undefined;
  /**
   * Whether the consumers of this application are started. Default true. With false, this process only sends, as a web server may do
   * beside workers that have the same modules.
   */
  consumers?: boolean | undefined;
  /**
   * How long handlers may take at the shutdown, in ms: those that are not through return their messages to the queue.
   * Default 10 000, as that of `consumer.stop()`.
   */
  stopTimeoutMs?: number | undefined;
}

/** The same with the name of the connection, where there are several. */
export interface NamedModuleOptions extends RedpostModuleOptions {
  /** For `@InjectQueue('emails', 'name')` and others. Default: the connection without a name. */
  name?: string | undefined;
}

/** Options that are known when the application starts. */
export interface RedpostModuleAsyncOptions {
  /** The name of the connection, where there are several. */
  name?: string | undefined;
  /** Modules with the providers that the factory needs. */
  // biome-ignore lint/suspicious/noExplicitAny: as Nest has it.
  imports?: any[] | undefined;
  /** The providers that the factory gets. */
  // biome-ignore lint/suspicious/noExplicitAny: as Nest has it.
  inject?: any[] | undefined;
  /** Makes the options. */
  // biome-ignore lint/suspicious/noExplicitAny: as Nest has it.
  useFactory(...injected: any[]): RedpostModuleOptions | Promise<RedpostModuleOptions>;
}

/** A queue of the application: its name, and options of `new Queue()`. */
export interface RegisteredQueue
  // biome-ignore lint/suspicious/noExplicitAny: a queue of any bodies.
  extends Omit<QueueOptions<any, any>, 'connection'> {
  name: string;
  /** The name of its connection, where there are several. */
  connection?: string | undefined;
}
