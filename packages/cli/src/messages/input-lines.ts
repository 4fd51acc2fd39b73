import { isUtf8 } from 'node:buffer';
import { wrongInput } from '../program/exit-codes.js';

/** Some lines of the input that follow each other. */
export interface LineBatch {
  /** The number of the first one, from 1. */
  first: number;
  lines: string[];
}

const newline = 0x0a;
/** Redis accepts no longer string. */
const longestLineBytes = 512 * 1024 * 1024;

/**
 * The lines of `chunks`, in one batch for each read: memory does not grow with the input. A last line without
 * an end counts; a byte order mark does not.
 *
 * @throws Failure for a line that is not UTF-8, when all before it have been handed out.
 */
export async function* lineBatches(chunks: AsyncIterable<Buffer>): AsyncGenerator<LineBatch> {
  let first = 1;
  for await (const block of wholeLines(chunks)) {
    const batch = { first, lines: textLines(first === 1 ? withoutMark(block) : block) };
    const count = batch.lines.length;
    if (count > 0) yield batch;
    first += count;
    if (!isUtf8(block)) throw wrongInput(`line ${first} is not UTF-8: try --codec base64`);
  }
}

/** Blocks that end with the end of a line, or of the input. */
async function* wholeLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let begun: Buffer[] = [];
  let begunBytes = 0;
  for await (const chunk of chunks) {
    const end = chunk.lastIndexOf(newline) + 1;
    if (end > 0) {
      yield Buffer.concat([...begun, chunk.subarray(0, end)]);
      begun = [];
      begunBytes = 0;
    }
    if (end === chunk.length) continue;
    begun.push(chunk.subarray(end));
    begunBytes += chunk.length - end;
    if (begunBytes > longestLineBytes) throw wrongInput('a line is longer than 512 MB');
  }
  if (begunBytes > 0) yield Buffer.concat(begun);
}

/** The lines of a block, up to the first one that is not UTF-8. */
function textLines(block: Buffer): string[] {
  const valid = isUtf8(block) ? block : block.subarray(0, firstInvalidLine(block));
  if (valid.length === 0) return [];
  const lines = valid.toString().split('\n');
  if (valid.at(-1) === newline) lines.pop();
  return lines;
}

function firstInvalidLine(block: Buffer): number {
  let start = 0;
  for (;;) {
    const end = block.indexOf(newline, start) + 1 || block.length;
    if (!isUtf8(block.subarray(start, end))) return start;
    start = end;
  }
}

function withoutMark(block: Buffer): Buffer {
  const hasMark = block[0] === 0xef && block[1] === 0xbb && block[2] === 0xbf;
  return hasMark ? block.subarray(3) : block;
}
