import type { Connection } from '@redpost/core';
import fc from 'fast-check';
import { uniqueName } from '../support/use-redis.js';
import { courses } from './commands.js';
import { Simulation } from './simulation.js';

/** So many courses have one seed. */
const runsPerSeed = 20;

/**
 * Runs one course of events after the other, for so many seconds, or only those of one seed. A course that fails is
 * shortened as far as it still fails, and shown with its seed.
 */
export async function runModel(
  connection: Connection,
  { seconds, seed }: { seconds: number; seed: number | undefined },
): Promise<{ runs: number; steps: number; seeds: number[] }> {
  const endsAt = performance.now() + seconds * 1000;
  const total = { runs: 0, steps: 0, seeds: [] as number[] };
  const property = fc.asyncProperty(
    courses,
    async ({ consumers, isLifo, plain, keyed, limits, limited, followed, steps }) => {
      const simulation = new Simulation(connection, { name: uniqueName(), isLifo });
      try {
        for (let n = 0; n < consumers; n += 1) await simulation.join();
        const setup = () => ({ model: {}, real: simulation });
        await fc.asyncModelRun(setup, plain);
        await fc.asyncModelRun(setup, keyed);
        await fc.asyncModelRun(setup, followed);
        await simulation.limit(limits);
        await fc.asyncModelRun(setup, limited);
        await fc.asyncModelRun(setup, steps);
        await simulation.drain();
      } finally {
        total.runs += 1;
        total.steps += simulation.steps;
        await simulation.end();
      }
    },
  );
  do {
    const next = seed ?? Math.floor(Math.random() * 2 ** 31);
    total.seeds.push(next);
    await fc.assert(property, { seed: next, numRuns: runsPerSeed });
  } while (seed === undefined && performance.now() < endsAt);
  return total;
}
