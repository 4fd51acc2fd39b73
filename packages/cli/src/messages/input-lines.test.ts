import { expect, it } from 'vitest';
import { lineBatches } from './input-lines.js';

/** What comes of these reads, as line numbers and lines. */
async function linesOf(...reads: (string | number[])[]): Promise<[number, string][]> {
  const lines: [number, string][] = [];
  async function* chunks() {
    for (const read of reads) yield Buffer.from(read as string);
  }
  for await (const batch of lineBatches(chunks())) {
    for (const [at, line] of batch.lines.entries()) lines.push([batch.first + at, line]);
  }
  return lines;
}

it('joins the parts of a line that several reads have brought', async () => {
  expect(await linesOf('a', 'b\nc', '', 'd\n\ne')).toEqual([
    [1, 'ab'],
    [2, 'cd'],
    [3, ''],
    [4, 'e'],
  ]);
});

it('joins a character that two reads have torn apart', async () => {
  const [first = 0, second = 0] = Buffer.from('ü');

  expect(await linesOf([first], [second, 0x0a])).toEqual([[1, 'ü']]);
});

it('has no line for an empty input, nor one after the last end of a line', async () => {
  expect(await linesOf()).toEqual([]);
  expect(await linesOf('\n')).toEqual([[1, '']]);
});

it('drops a byte order mark at the start only', async () => {
  expect(await linesOf('\ufeffa\n', '\ufeffb\n')).toEqual([
    [1, 'a'],
    [2, '\ufeffb'],
  ]);
});

it('names the first line that is not UTF-8', async () => {
  await expect(linesOf('a\nb\n', [0x63, 0x0a, 0xff, 0x0a])).rejects.toThrow('line 4 is not UTF-8');
});
