/**
 * Traces and metrics of queues, topics and channels by OpenTelemetry.
 *
 * @module @redpost/otel
 */

export { observeWithOpenTelemetry, type TelemetryOptions } from './telemetry.js';
