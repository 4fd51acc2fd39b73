import type { Server } from '../servers/server.js';
import { blackHole } from './black-hole.js';
import { blockEventLoop, blockEventLoopThread } from './block-event-loop.js';
import { busyRedis } from './busy-redis.js';
import { byteByByte } from './byte-by-byte.js';
import { clusterFailover, clusterPlannedFailover, migrateSlot } from './cluster.js';
import { cutReplies } from './cut-replies.js';
import type { Fault } from './fault.js';
import { flushAll, flushAllTopic } from './flush-all.js';
import { flushScripts } from './flush-scripts.js';
import { freezeConsumers } from './freeze-consumers.js';
import { freezeRedis } from './freeze-redis.js';
import { killConnections } from './kill-connections.js';
import { killConsumers } from './kill-consumers.js';
import { killProducers } from './kill-producers.js';
import { mixed } from './mixed.js';
import { outOfMemory } from './out-of-memory.js';
import { partition } from './partition.js';
import {
  partitionsBoth,
  partitionsChange,
  partitionsFailover,
  partitionsMigrate,
} from './partitions.js';
import { poison } from './poison.js';
import { powerLoss, powerLossTopic, restartRedis, restartRedisEverysec } from './restart-redis.js';
import {
  sentinelFailover,
  sentinelFailoverReplicas,
  sentinelPlannedFailover,
  sentinelPlannedFailoverReplicas,
} from './sentinel.js';
import { slowNetwork } from './slow-network.js';
import { topicPartitionsChange } from './topic-partitions.js';
import { wrongClocks } from './wrong-clock.js';

const standalone: readonly Fault[] = [
  killConsumers,
  killProducers,
  freezeConsumers,
  blockEventLoop,
  blockEventLoopThread,
  poison,
  restartRedis,
  restartRedisEverysec,
  powerLoss,
  powerLossTopic,
  freezeRedis,
  killConnections,
  flushScripts,
  busyRedis,
  flushAll,
  flushAllTopic,
  partition,
  blackHole,
  slowNetwork,
  cutReplies,
  byteByByte,
  outOfMemory,
  ...wrongClocks,
  partitionsChange,
  topicPartitionsChange,
];

const several: readonly Fault<Server>[] = [
  sentinelFailover,
  sentinelFailoverReplicas,
  sentinelPlannedFailover,
  sentinelPlannedFailoverReplicas,
  clusterFailover,
  clusterPlannedFailover,
  migrateSlot,
  partitionsFailover,
  partitionsMigrate,
  partitionsBoth,
];

/** In the order of the report. */
export const faults: readonly Fault<Server>[] = [...standalone, ...several, mixed(standalone)];
