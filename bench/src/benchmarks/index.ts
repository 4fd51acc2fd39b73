import type { Benchmark } from '../benchmark.js';
import { batch } from './batch.js';
import { bytes, bytesWithKeys } from './bytes.js';
import { channel } from './channel.js';
import { costs } from './costs.js';
import { delayed } from './delayed.js';
import { depth } from './depth.js';
import { distance } from './distance.js';
import { endurance } from './endurance.js';
import { flows } from './flows.js';
import { handlers } from './handlers.js';
import { history } from './history.js';
import { idle } from './idle.js';
import { keys } from './keys.js';
import { large } from './large.js';
import { latency } from './latency.js';
import { limits } from './limits.js';
import { manyKeys } from './many-keys.js';
import { manyQueues } from './many-queues.js';
import { otel, prometheus } from './observed.js';
import { once } from './once.js';
import { otherLanguages } from './other-languages.js';
import { partitions } from './partitions.js';
import { priorities } from './priorities.js';
import { request } from './request.js';
import { schedules } from './schedules.js';
import { single } from './single.js';
import { subscriber, subscriberForAwait } from './subscriber.js';
import { topic } from './topic.js';

/** In the order of the tables. */
export const benchmarks: readonly Benchmark[] = [
  single,
  batch,
  large,
  ...handlers,
  ...otherLanguages,
  distance,
  latency,
  keys,
  priorities,
  limits,
  otel,
  prometheus,
  once,
  delayed,
  request,
  flows,
  history,
  channel,
  subscriber,
  subscriberForAwait,
  topic,
  costs,
  partitions,
  bytes,
  bytesWithKeys,
  depth,
  manyKeys,
  schedules,
  idle,
  manyQueues,
  endurance,
];
