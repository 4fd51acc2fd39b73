import type { ChannelSubject, QueueSubject } from '../subject.js';

/** In the order of the tables. A process loads only the subject it works with. */
export const queueSubjects: Record<string, () => Promise<QueueSubject>> = {
  redpost: async () => (await import('./redpost.js')).redpost,
  bullmq: async () => (await import('./bullmq.js')).bullmq,
  'bee-queue': async () => (await import('./bee-queue.js')).beeQueue,
  groupmq: async () => (await import('./groupmq.js')).groupmq,
  'ioredis-safe': async () => (await import('./ioredis-safe.js')).ioredisSafe,
  'ioredis-pop': async () => (await import('./ioredis-pop.js')).ioredisPop,
  'ioredis-stream': async () => (await import('./ioredis-stream.js')).ioredisStream,
  'redpost-topic': async () => (await import('./redpost-topic.js')).redpostTopic,
  'ioredis-topic': async () => (await import('./ioredis-stream.js')).ioredisTopic,
  'ioredis-topic-pipelined': async () =>
    (await import('./ioredis-stream.js')).ioredisPipelinedTopic,
  jetstream: async () => (await import('./jetstream.js')).jetstream,
  sidekiq: async () => (await import('./sidekiq.js')).sidekiq,
  celery: async () => (await import('./celery.js')).celery,
  'redpost-keys': async () => (await import('./redpost.js')).redpostKeys,
  'redpost-many-keys': async () => (await import('./redpost.js')).redpostManyKeys,
  'redpost-500-queues': async () => (await import('./redpost-many-queues.js')).redpost500Queues,
  'redpost-5000-queues': async () => (await import('./redpost-many-queues.js')).redpost5000Queues,
  'bullmq-500-queues': async () => (await import('./bullmq-many-queues.js')).bullmq500Queues,
  'redpost-priorities': async () => (await import('./redpost.js')).redpostPriorities,
  'redpost-limits': async () => (await import('./redpost.js')).redpostLimits,
  'redpost-partitions': async () => (await import('./redpost-partitions.js')).redpostPartitions,
  'redpost-in-cluster': async () => (await import('./redpost-partitions.js')).redpostInCluster,
  'redpost-otel': async () => (await import('./redpost-otel.js')).redpostOtel,
  'redpost-prometheus': async () => (await import('./redpost-prometheus.js')).redpostPrometheus,
  'redpost-once': async () => (await import('./redpost.js')).redpostOnce,
  'redpost-delayed': async () => (await import('./redpost.js')).redpostDelayed,
  'redpost-request': async () => (await import('./redpost-request.js')).redpostRequest,
  'redpost-history': async () => (await import('./redpost.js')).redpostHistory,
  'redpost-flows': async () => (await import('./redpost-flows.js')).redpostFlows,
  'bullmq-flows': async () => (await import('./bullmq-flows.js')).bullmqFlows,
  'redpost-schedules': async () => (await import('./redpost-schedules.js')).redpostSchedules,
  'bullmq-delayed': async () => (await import('./bullmq.js')).bullmqDelayed,
  'bullmq-request': async () => (await import('./bullmq-request.js')).bullmqRequest,
  'bullmq-once': async () => (await import('./bullmq.js')).bullmqOnce,
  'bullmq-priorities': async () => (await import('./bullmq.js')).bullmqPriorities,
};

/** In the order of the tables. A process loads only the subject it works with. */
export const channelSubjects: Record<string, () => Promise<ChannelSubject>> = {
  redpost: async () => (await import('./redpost-channel.js')).redpostChannel,
  'redpost-for-await': async () => (await import('./redpost-channel.js')).redpostForAwait,
  ioredis: async () => (await import('./ioredis-channel.js')).ioredisChannel,
  'ioredis-pipelined': async () => (await import('./ioredis-channel.js')).ioredisPipelinedChannel,
  'node-redis': async () => (await import('./node-redis-channel.js')).nodeRedisChannel,
  'mqemitter-redis': async () => (await import('./mqemitter-redis.js')).mqemitterRedis,
  nats: async () => (await import('./nats-channel.js')).natsChannel,
};
