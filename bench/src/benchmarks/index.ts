import type { Benchmark } from '../benchmark.js';
import { batch } from './batch.js';
import { bytes } from './bytes.js';
import { channel } from './channel.js';
import { depth } from './depth.js';
import { endurance } from './endurance.js';
import { idle } from './idle.js';
import { large } from './large.js';
import { latency } from './latency.js';
import { single } from './single.js';
import { topic } from './topic.js';

/** In the order of the tables. */
export const benchmarks: readonly Benchmark[] = [
  single,
  batch,
  large,
  latency,
  channel,
  topic,
  bytes,
  depth,
  idle,
  endurance,
];
