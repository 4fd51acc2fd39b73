import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { afterEach, expect, it } from 'vitest';
import { expectCleanPrototypes, hostileBytes, hostileText } from '../../../tooling/hostile.js';
import {
  BodySyntaxError,
  type CodecName,
  parseBody,
  printBody,
} from '../src/messages/body-codec.js';
import { lineBatches } from '../src/messages/input-lines.js';
import { deadLine, wholeDeadLine } from '../src/messages/message-line.js';
import { duration, header, positive } from '../src/options/option-parsers.js';
import { Failure } from '../src/program/exit-codes.js';

// Thousands of cases each, which a busy machine may take long for.
afterEach(expectCleanPrototypes);

const codec = fc.constantFrom<CodecName>('json', 'text', 'base64');

it('a line is a body or said to be none, and a body is printed as one line of JSON', () => {
  const text = fc.oneof(hostileText, hostileBytes.map(String));
  const property = fc.property(text, codec, (line, name) => {
    try {
      const bytes = Buffer.from(parseBody(line, name));
      const { json } = printBody(bytes, name);
      if (name === 'text' && isUtf8(bytes)) expect(JSON.parse(json)).toBe(String(bytes));
      if (name === 'json') expect(JSON.parse(json)).toEqual(JSON.parse(line.trim()));
    } catch (error) {
      expect(error).toBeInstanceOf(BodySyntaxError);
    }
  });
  fc.assert(property, { numRuns: 8000 });
});

it('any bytes are printed as one line of JSON from which they come back', () => {
  const property = fc.property(hostileBytes, codec, (bytes, name) => {
    const { json, isBase64 } = printBody(bytes, name);
    expect(json).not.toMatch(/[\r\n]/);
    const body: unknown = JSON.parse(json);
    if (isBase64 || name === 'base64') {
      expect(Buffer.from(body as string, 'base64').equals(bytes)).toBe(true);
    } else if (name === 'text') {
      expect(body).toBe(bytes.toString());
    }
  });
  fc.assert(property, { numRuns: 8000 });
});

it('a dead letter is one line of JSON, for any content', () => {
  const letter = fc.record({
    entry: hostileText,
    id: fc.option(hostileText, { nil: undefined }),
    bytes: hostileBytes,
    body: fc.constant(undefined),
    headers: fc.dictionary(hostileText, hostileText),
    key: fc.option(hostileText, { nil: undefined }),
    priority: fc.nat(9),
    attempt: fc.nat(),
    sentAt: fc.option(fc.date(), { nil: undefined }),
    reason: hostileText,
    error: hostileText,
    stack: fc.option(hostileText, { nil: undefined }),
    consumer: fc.option(hostileText, { nil: undefined }),
    process: fc.option(hostileText, { nil: undefined }),
    ranMs: fc.option(fc.nat(), { nil: undefined }),
    diedAt: fc.date(),
    bodyBytes: fc.nat(),
  });
  const property = fc.property(letter, codec, (given, name) => {
    for (const line of [deadLine(given, name), wholeDeadLine(given, name)]) {
      expect(line).not.toMatch(/[\r\n]/);
      expect(JSON.parse(line)).toMatchObject({ reason: given.reason, attempt: given.attempt });
    }
  });
  fc.assert(property, { numRuns: 4000 });
});

it('an input comes in as its lines, however it is cut, up to the first that is not UTF-8', async () => {
  const input = fc.array(fc.oneof(hostileBytes, fc.constant(Buffer.from('\n'))), { maxLength: 12 });
  const property = fc.asyncProperty(input, async (chunks) => {
    const lines: string[] = [];
    let problem: unknown;
    try {
      for await (const batch of lineBatches(asStream(chunks))) {
        expect(batch.first).toBe(lines.length + 1);
        lines.push(...batch.lines);
      }
    } catch (error) {
      expect(error).toBeInstanceOf(Failure);
      problem = error;
    }
    const expected = expectedLines(Buffer.concat(chunks));
    expect(lines).toEqual(expected.lines);
    expect(problem !== undefined).toBe(expected.isBroken);
  });
  await fc.assert(property, { numRuns: 4000 });
});

it.each<[string, (text: string) => unknown]>([
  ['a duration', duration],
  ['a count', positive],
  ['a header', (text) => header(text)],
])('an option is %s, or refused in words', (_, parse) => {
  const property = fc.property(hostileText, (text) => {
    try {
      parse(text);
    } catch (error) {
      expect(error).toMatchObject({ code: 'commander.invalidArgument' });
    }
  });
  fc.assert(property, { numRuns: 3000 });
});

it('a header may have any name, and changes nothing else', () => {
  const property = fc.property(hostileText, hostileText, (name, value) => {
    fc.pre(name !== '' && !name.includes('='));
    const headers = header(`${name}=${value}`, { before: 'x' });
    expect(Object.entries(headers)).toContainEqual([name, value]);
    if (name !== 'before') expect(headers.before).toBe('x');
  });
  fc.assert(property, { numRuns: 3000 });
});

async function* asStream(chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks.filter(({ length }) => length > 0);
}

/** The same, written in another way. */
function expectedLines(input: Buffer): { lines: string[]; isBroken: boolean } {
  const mark = input.subarray(0, 3).equals(Buffer.of(0xef, 0xbb, 0xbf)) ? 3 : 0;
  const latin1 = input.subarray(mark).toString('latin1');
  if (latin1 === '') return { lines: [], isBroken: false };
  const raw = latin1.replace(/\n$/, '').split('\n');
  const lines = raw.map((line) => Buffer.from(line, 'latin1'));
  const broken = lines.findIndex((line) => !isUtf8(line));
  const whole = broken < 0 ? lines : lines.slice(0, broken);
  return { lines: whole.map(String), isBroken: broken >= 0 };
}
