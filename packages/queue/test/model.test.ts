import { it } from 'vitest';
import { runModel } from './model/run-model.js';
import { useRedis } from './support/use-redis.js';

const redis = useRedis();

/** For how long, and with which seed if not with any: `npm run model` sets them. */
const seconds = Number(process.env.REDPOST_MODEL_SECONDS ?? 20);
const seed = process.env.REDPOST_MODEL_SEED;

// What fails with one seed is not excused by another one.
const once = { retry: 0, timeout: (seconds + 300) * 1000 };

it(
  'whatever happens in whatever order, a queue does what the model of it allows',
  once,
  async () => {
    const { runs, steps, seeds } = await runModel(redis.connection(), {
      seconds,
      seed: seed === undefined ? undefined : Number(seed),
    });
    process.stderr.write(`model: ${steps} steps in ${runs} runs, seeds ${seeds.join(', ')}\n`);
  },
);
