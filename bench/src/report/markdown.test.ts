import { describe, expect, it } from 'vitest';
import type { MeasureResult } from '../results.js';
import { sampleResults } from './fixture/results.js';
import { benchmarksPage } from './markdown.js';

const measure: MeasureResult = {
  name: 'send',
  title: 'send',
  how: 'One caller.',
  unit: 'messages/s',
  better: 'higher',
  persistence: 'none',
  subjects: [
    { name: 'redpost', title: 'redpost', runs: [2, 1, 3], median: 2, min: 1, max: 3 },
    { name: 'a', title: 'A | B', runs: [4, 4, 4], median: 4, min: 4, max: 4, redpostRatio: 0.5 },
  ],
  goals: [{ title: 'at least 1 × A | B', found: 0.5, met: false }],
};

describe('the page of benchmarks', () => {
  it('says at the top what it is made of, and by which command', () => {
    const [head = ''] = benchmarksPage(sampleResults()).split('![');

    expect(head).toContain('Generated from [`bench/results.json`]');
    expect(head).toContain('npm run bench -- --only');
    expect(head).toContain('| machine | AMD EPYC, 2 cores, 23 GiB |');
  });

  it('has a row per subject, with the ratio', () => {
    const page = benchmarksPage(sampleResults());

    expect(page).toContain('| **redpost** | **141,000** | 137,000–144,000 |  |');
    expect(page).toContain('| BullMQ 6.7.0 | 11,000 | 10,700–11,300 | 12.8 × |');
  });

  it('says once how a benchmark was measured, above its tables', () => {
    const page = benchmarksPage(sampleResults());

    expect(page.split('One message at a time, in order.')).toHaveLength(2);
    expect(page).toContain('| without persistence | median |');
    expect(page).toContain('| AOF everysec | median |');
  });

  it('tells goals that fall short as plainly as those met', () => {
    const page = benchmarksPage(sampleResults());

    expect(page).toContain('38 of 40 goals met, 2 short.');
    expect(page).toContain('| at least 10 × BullMQ | 12.8 × | met | 12.8 × | met |');
    expect(page).toContain(
      '| at least 10 × JetStream | **9.99 ×** | **short** | **9.99 ×** | **short** |',
    );
  });

  it('escapes pipes in cells', () => {
    const page = benchmarksPage(sampleResults({ measures: [measure] }));

    expect(page).toContain('| A \\| B | 4.00 | 4.00 | 0.500 × |');
    expect(page).toContain('| send | at least 1 × A \\| B | **0.500 ×** | **short** |');
  });

  it('has no columns for a persistence that was not measured', () => {
    expect(benchmarksPage(sampleResults({ measures: [measure] }))).not.toContain('AOF everysec');
  });

  it('counts the runs that were made', () => {
    const page = benchmarksPage(sampleResults({ measures: [measure] }));

    expect(page).toContain('min–max of 3 runs');
  });

  it('says what was left out', () => {
    const page = benchmarksPage(sampleResults({ leftOut: ['NATS: no nats-server on PATH'] }));

    expect(page).toContain('## What was left out\n\n- NATS: no nats-server on PATH');
  });

  it('warns of a quick run, and shows failures before any figure', () => {
    const page = benchmarksPage(sampleResults({ quick: true, failures: ['send lost one'] }));

    expect(page).toContain('figures of a quick run');
    expect(page.indexOf('- send lost one')).toBeGreaterThan(0);
    expect(page.indexOf('- send lost one')).toBeLessThan(page.indexOf('## Goals'));
  });

  it('shows the chart only when there is something in it', () => {
    expect(benchmarksPage(sampleResults())).toContain('](benchmarks.svg)');
    expect(benchmarksPage(sampleResults({ measures: [] }))).not.toContain('benchmarks.svg');
  });
});
