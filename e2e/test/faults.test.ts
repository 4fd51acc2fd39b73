import { describe, expect, it } from 'vitest';
import { runFaultOnce } from '../src/faults/fault-run.js';
import { flushScripts } from '../src/faults/flush-scripts.js';
import { faults } from '../src/faults/index.js';

const short = { seed: 1, ms: 1500 };

describe.concurrent('in a short run under', () => {
  it.for(faults.map((fault, seed) => [fault.name, fault, seed] as const))(
    '%s, all is as promised',
    async ([, fault, seed], { expect }) => {
      const { wrong, happened, summary } = await runFaultOnce(fault, { ...short, seed });

      expect(wrong).toEqual([]);
      expect(happened).toBeGreaterThan(0);
      expect(summary.handled).toBeGreaterThan(50);
    },
  );
});

it('a fault that does not happen fails the run', async () => {
  const absent = { ...flushScripts, inject: async () => 0 };

  expect((await runFaultOnce(absent, { seed: 1, ms: 1 })).wrong).toEqual(['it never happened']);
});

it('a message that is stolen from the queue is found to be lost', async () => {
  const theft: typeof flushScripts = {
    ...flushScripts,
    async inject({ system: { connection } }) {
      const stolen = await connection.block((ms) => ['BRPOP', 'shared', ms / 1000]);
      return stolen ? 1 : 0;
    },
  };

  const { wrong, summary } = await runFaultOnce(theft, { seed: 1, ms: 1 });

  expect(summary.lost).toHaveLength(1);
  expect(wrong).toEqual([expect.stringContaining(`1 were lost, though their sends resolved`)]);
});
