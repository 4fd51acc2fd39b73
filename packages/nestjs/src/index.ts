/**
 * Redpost in NestJS.
 *
 * @module @redpost/nestjs
 */

export {
  Consumer,
  type ConsumerOptions,
  Handle,
  HandleBatch,
  OnConsumerEvent,
} from './consuming/decorators.js';
export { type RedpostHealth, RedpostHealthIndicator } from './health.js';
export { InjectConnection, InjectQueue } from './injecting.js';
export type {
  NamedModuleOptions,
  RedpostModuleAsyncOptions,
  RedpostModuleOptions,
  RegisteredQueue,
} from './options.js';
export { RedpostModule } from './redpost.module.js';
export { getConnectionToken, getQueueToken } from './tokens.js';
