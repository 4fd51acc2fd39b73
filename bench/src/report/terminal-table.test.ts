import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { sampleResults } from './fixture/results.js';
import { terminalTable } from './terminal-table.js';

const plain = { color: false, width: 80 };

function lineWith(table: string, start: string): string | undefined {
  return table.split('\n').find((line) => line.trimStart().startsWith(start));
}

describe('the table for the terminal', () => {
  it('begins with the machine and the versions', () => {
    const [, machine, versions] = terminalTable(sampleResults(), plain).split('\n');

    expect(`${machine} ${versions}`).toBe(
      'AMD EPYC · 2 cores · 23 GiB · Debian 12, Linux 6.1.0 · Node 20.20.2 Redis 7.0.15 · NATS 2.9.10',
    );
  });

  it('shows median, range and ratio of a subject on one line', () => {
    const line = lineWith(terminalTable(sampleResults(), plain), 'BullMQ 6.7.0');

    expect(line?.split(/ {2,}/).slice(1)).toEqual([
      'BullMQ 6.7.0',
      '11,000',
      '10,700–11,300',
      '12.8 ×',
    ]);
  });

  it('says what every goal requires and what was measured, and which fall short', () => {
    const table = terminalTable(sampleResults(), plain);

    expect(table).toContain('38 OF 40 GOALS MET, 2 SHORT');
    expect(lineWith(table, 'at least 4 × bee-queue ')).toMatch(/4\.73 × +met +4\.73 × +met$/);
    expect(lineWith(table, 'at least 10 × JetStream')).toMatch(/9\.99 × short +9\.99 × short$/);
  });

  it('says what was left out and what failed', () => {
    const failures = ['send, BullMQ, run 3: 2 messages doubled'];
    const table = terminalTable(sampleResults({ failures }), plain);

    expect(table).toContain('Left out: groupmq, sendBatch of 500: it has no such call');
    expect(table).toContain('Failed: send, BullMQ, run 3: 2 messages doubled');
  });

  it.each([80, 90, 100, 200])('fits into %d columns, and takes 100 at most', (width) => {
    const lines = terminalTable(sampleResults(), { color: false, width }).split('\n');

    expect(Math.max(...lines.map((line) => line.length))).toBe(Math.min(width, 100));
  });

  it('differs by nothing but colours when it has them', () => {
    const colored = terminalTable(sampleResults(), { color: true, width: 80 });

    expect(colored).toContain('\u001b[');
    expect(stripVTControlCharacters(colored)).toBe(terminalTable(sampleResults(), plain));
  });

  it('has no control characters without colours', () => {
    expect(terminalTable(sampleResults(), plain)).not.toContain('\u001b');
  });

  it('stands for a run of nothing', () => {
    expect(terminalTable(sampleResults({ measures: [] }), plain)).not.toContain('GOALS');
  });
});
