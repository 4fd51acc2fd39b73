import { expect, it } from 'vitest';
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
    // The model knows no lost answers, and on a busy machine one may take long.
    const patient = { callTimeoutMs: 60_000, keepAliveMs: 60_000 };
    const { runs, steps, unfinished, seeds } = await runModel(redis.connection(patient), {
      seconds,
      seed: seed === undefined ? undefined : Number(seed),
    });
    process.stderr.write(
      `model: ${steps} steps in ${runs} runs, ${unfinished} cut off, seeds ${seeds.join(', ')}\n`,
    );
    expect(unfinished).toBeLessThan(runs / 4);
  },
);
