import { describe, expect, it } from 'vitest';
import { benchmarksChart, chartedMeasures } from './chart.js';
import { sampleResults } from './fixture/results.js';

describe('the chart', () => {
  it('has the title of every measure and subject that it shows', () => {
    const svg = benchmarksChart(sampleResults());
    const measures = chartedMeasures(sampleResults());

    const titles = measures.flatMap(({ title, subjects }) => [
      title,
      ...subjects.map((s) => s.title),
    ]);
    expect(titles.filter((title) => !svg.includes(`>${title}</text>`))).toEqual([]);
  });

  it('labels bars with their medians', () => {
    const svg = benchmarksChart(sampleResults());

    expect(svg).toContain('>141,000</text>');
    expect(svg).toContain('>0.312</text>');
  });

  it('shows the main measures, all without persistence', () => {
    const measures = chartedMeasures(sampleResults());

    expect(measures.map(({ name }) => name)).toEqual([
      'send',
      'send-batch',
      'consume',
      'consume-one',
      'publish',
      'latency-p50',
    ]);
    expect(new Set(measures.map(({ persistence }) => persistence))).toEqual(new Set(['none']));
  });

  it('is the same, byte for byte, each time it is made of the same results', () => {
    expect(benchmarksChart(sampleResults())).toBe(benchmarksChart(sampleResults()));
  });

  it('is well-formed XML, also with markup in a title', () => {
    const [send] = chartedMeasures(sampleResults());
    const measures = send ? [{ ...send, title: 'a < b & "c"' }] : [];
    const svg = benchmarksChart(sampleResults({ measures }));

    const tag = /<\/?[a-z]+(?:\s+[\w:-]+="[^"<]*")*\s*\/?>/gi;
    const rest = svg.replaceAll(/<!\[CDATA\[.*?\]\]>/gs, '').replaceAll(tag, '');
    expect(rest).not.toMatch(/[<>]|&(?!\w+;|#\d+;)/);
  });

  it('is drawn also when nothing was measured', () => {
    expect(benchmarksChart(sampleResults({ measures: [] }))).toContain('</svg>');
  });
});
