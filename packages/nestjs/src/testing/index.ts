/**
 * For tests of Nest applications with queues.
 *
 * @module @redpost/nestjs/testing
 */

export { drainConsumer } from './drain-consumer.js';
