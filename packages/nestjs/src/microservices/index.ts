/**
 * A transport for microservices of NestJS: `@MessagePattern` by request and reply, and `@EventPattern` by messages that are
 * delivered at least once.
 *
 * @module @redpost/nestjs/microservices
 */

export { RedpostClient, type RedpostClientOptions } from './client.js';
export { RedpostContext } from './context.js';
export { RedpostServer, type RedpostServerOptions } from './server.js';
