import { type Connection, ConnectionError, TimeoutError } from '@redpost/core';
import fc from 'fast-check';
import { uniqueName } from '../support/use-redis.js';
import { courses } from './commands.js';
import { Simulation } from './simulation.js';

/** So many courses have one seed. */
const runsPerSeed = 20;
/** For how long the courses of one seed may go on, in ms, and one that failed be shortened. */
const seedMs = 120_000;

/**
 * Runs one course of events after the other, for so many seconds, or only those of one seed. A course that fails is
 * told at once, then shortened as far as it still fails and there is time, and shown with its seed. One during which
 * Redis could not be reached says nothing about the queue, and is left out: `unfinished` of them.
 */
export async function runModel(
  connection: Connection,
  { seconds, seed }: { seconds: number; seed: number | undefined },
): Promise<{ runs: number; steps: number; unfinished: number; seeds: number[] }> {
  const endsAt = performance.now() + seconds * 1000;
  const total = { runs: 0, steps: 0, unfinished: 0, seeds: [] as number[] };
  let hasFailed = false;
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
        await simulation.end();
      } catch (error) {
        if (isOutOfReach(error)) {
          total.unfinished += 1;
          return;
        }
        if (!hasFailed) process.stderr.write(`model: shortening what failed: ${error}\n`);
        hasFailed = true;
        await simulation.end();
        throw error;
      } finally {
        total.runs += 1;
        total.steps += simulation.steps;
      }
    },
  );
  do {
    const next = seed ?? Math.floor(Math.random() * 2 ** 31);
    total.seeds.push(next);
    await fc.assert(property, {
      seed: next,
      numRuns: runsPerSeed,
      interruptAfterTimeLimit: seedMs,
    });
  } while (seed === undefined && performance.now() < endsAt);
  return total;
}

function isOutOfReach(error: unknown): boolean {
  return error instanceof ConnectionError || error instanceof TimeoutError;
}
