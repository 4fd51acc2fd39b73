import { expect, it } from 'vitest';
import type { MeasureResult } from '../results.js';
import { sampleResults } from './fixture/results.js';
import { quickMeasures, quickSummary } from './quick-summary.js';

function measure(name: string, median: number): MeasureResult {
  const runs = [median];
  const figures = (own: number) => ({ runs, median: own, min: own, max: own });
  return {
    name,
    title: `title of ${name}`,
    how: '',
    unit: 'messages/s',
    better: 'higher',
    persistence: 'none',
    goals: [{ title: 'at least 1', found: 2, met: true }],
    subjects: [
      { name: 'redpost', title: 'redpost', ...figures(median) },
      { name: 'a', title: 'A 1.0', ...figures(100), redpostRatio: median / 100 },
      { name: 'b', title: 'B 2.0', ...figures(10), redpostRatio: median / 10 },
      { name: 'c', title: 'C 3.0', ...figures(1), redpostRatio: median },
    ],
  };
}

it('has a line for each measure of a quick run, with two peers and no verdict', () => {
  const measures = [measure('other', 1), ...quickMeasures.map((name) => measure(name, 1000))];
  const lines = quickSummary(sampleResults({ measures, failures: [] })).split('\n');

  expect(lines).toHaveLength(5);
  expect(lines[0]).toMatch(/^title of consume +1,000 messages\/s {2}10\.0 × A 1\.0, 100 × B 2\.0$/);
  expect(lines.join('\n')).not.toMatch(/goal|met|short/i);
});

it('tells what failed', () => {
  const text = quickSummary(sampleResults({ measures: [], failures: ['consume lost one'] }));

  expect(text).toBe('Failed: consume lost one');
});
