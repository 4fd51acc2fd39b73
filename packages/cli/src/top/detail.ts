import type { Queue } from '@redpost/queue';
import { type Body, printBody } from '../messages/body-codec.js';
import { grouped } from '../output/notices.js';
import { ageText, cut, keysText, pauseText, printable, type View } from './view.js';

/** How many consumers, messages and groups of dead letters are shown at most. */
const most = 10;
/** How many bytes of a body are read. */
const mostBody = 500;

/** Reads one queue: its numbers, consumers, next messages and dead letters. Lines that may be longer than the screen. */
export async function readDetail(queue: Queue<Buffer, Body>): Promise<string[]> {
  const [stats, consumers, next, letters] = await Promise.all([
    queue.stats(),
    queue.consumers(),
    queue.peek(most, { maxBodyBytes: mostBody }),
    queue.deadLetters.list({ limit: most, maxBodyBytes: 0 }),
  ]);
  const { pending, active, delayed, dead, total } = stats;
  const counts = Object.entries({ pending, active, delayed, dead });
  const totals = Object.entries(total).filter(([, count]) => count > 0);
  const asText = (entries: [string, number][]) =>
    entries.map(([name, count]) => `${grouped(count)} ${name}`).join(', ');
  const now = Date.now();
  return [
    asText(counts),
    `in all: ${asText(totals) || 'nothing yet'}`,
    pauseText(stats),
    '',
    `Consumers (${grouped(consumers.length)})`,
    ...consumers.slice(0, most).map(({ host, pid, held, concurrency, runs, handler, paused }) => {
      const who = `${host ?? '?'} ${pid ?? ''}`.trim();
      return `  ${who}  ${held}/${concurrency ?? '-'} in work  ${runs ?? ''} ${handler ?? ''} ${paused ? 'paused' : ''}`.trimEnd();
    }),
    '',
    'Next messages',
    ...next.map(({ id, bytes, sentAt, attempt }) => {
      const age = ageText(sentAt && now - sentAt.getTime());
      return `  ${age.padStart(6)}  ${id ?? '-'}  attempts ${attempt}  ${printBody(bytes.subarray(0, mostBody), 'json').json}`;
    }),
    '',
    'Dead letters, the oldest',
    ...letters.map(({ entry, reason, error, diedAt }) => {
      return `  ${ageText(now - diedAt.getTime()).padStart(6)}  ${entry}  ${reason}  ${error}`;
    }),
  ];
}

/** The lines of the screen. */
export function detailLines(
  {
    name,
    lines,
    notice,
    keys,
  }: { name: string; lines: readonly string[]; notice: string; keys: readonly string[] },
  { width, height, paint }: View,
): string[] {
  const room = Math.max(1, height - 3);
  const shown = lines.slice(0, room).map((line) => {
    const text = cut(printable(line), width);
    return /^\S/.test(line) && !/^[\d]|^in all|^paused/.test(line) ? paint.bold(text) : text;
  });
  while (shown.length < room) shown.push('');
  return [
    paint.bold(cut(`redpost top  ${printable(name)}`, width)),
    ...shown,
    paint.yellow(cut(notice, width)),
    paint.dim(keysText(keys, width)),
  ].slice(0, height);
}
