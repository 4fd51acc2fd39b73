import type { Fault } from '../fault.js';
import type { Server } from '../servers/server.js';
import { blackHole } from './black-hole.js';
import { blockEventLoop } from './block-event-loop.js';
import { byteByByte } from './byte-by-byte.js';
import { cutReplies } from './cut-replies.js';
import { flushAll, flushAllTopic } from './flush-all.js';
import { flushScripts } from './flush-scripts.js';
import { freezeConsumers } from './freeze-consumers.js';
import { freezeRedis } from './freeze-redis.js';
import { killConnections } from './kill-connections.js';
import { killConsumers } from './kill-consumers.js';
import { killProducers } from './kill-producers.js';
import { mixed } from './mixed.js';
import { partition } from './partition.js';
import { poison } from './poison.js';
import { restartRedis } from './restart-redis.js';
import { slowNetwork } from './slow-network.js';

const standalone: readonly Fault[] = [
  killConsumers,
  killProducers,
  freezeConsumers,
  blockEventLoop,
  poison,
  restartRedis,
  freezeRedis,
  killConnections,
  flushScripts,
  flushAll,
  flushAllTopic,
  partition,
  blackHole,
  slowNetwork,
  cutReplies,
  byteByByte,
];

/** In the order of the report. */
export const faults: readonly Fault<Server>[] = [...standalone, mixed(standalone)];
