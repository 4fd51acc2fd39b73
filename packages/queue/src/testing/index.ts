/**
 * For tests of programs with queues: messages are handled when the test says so, and time is moved on instead of waiting.
 *
 * @module @redpost/queue/testing
 */

export { type DrainResult, drain } from './drain.js';
export { FakeClock } from './fake-clock.js';
export type { HandlingOptions } from './handling.js';
export { type RunResult, runOnce } from './run-once.js';
