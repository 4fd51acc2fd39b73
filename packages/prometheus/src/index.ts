/**
 * Prometheus metrics of queues, topics and channels, for a registry of prom-client.
 *
 * @module @redpost/prometheus
 */

export { collectProcessMetrics, type ProcessMetricsOptions } from './process-metrics.js';
export { collectRedisMetrics, type RedisMetricsOptions } from './redis-metrics.js';
