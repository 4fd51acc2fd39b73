import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../eventually.js';
import { ReportReader } from './report-reader.js';

it('reads whole lines as they come, and leaves out one that was never finished', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'redpost-reader-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'reports');
  const seen: unknown[] = [];
  const reader = new ReportReader(file, (report) => seen.push(report));
  const error = { type: 'error', at: 1, message: 'ä → €' };

  const bytes = Buffer.from(`${JSON.stringify(error)}\n{"type":"ready","at":2`);
  appendFileSync(file, bytes.subarray(0, 34));
  appendFileSync(file, bytes.subarray(34));
  await eventually(() => seen.length === 1);
  appendFileSync(file, '0}\n{"type":"fin');
  reader.close();

  expect(seen).toEqual([error, { type: 'ready', at: 20 }]);
});
