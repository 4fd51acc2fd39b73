import { grouped } from '../output/notices.js';
import type { Paint } from '../output/paint.js';
import { shortTime } from '../output/table.js';
import type { Row } from './sampler.js';

/** What is on the screen. */
export interface View {
  width: number;
  height: number;
  paint: Paint;
}

export const orders = ['attention', 'name', 'pending', 'out/s'] as const;
export type Order = (typeof orders)[number];

export interface Overview {
  address: string;
  rows: readonly Row[];
  /** The row that keys act on. */
  selected: string | undefined;
  order: Order;
  filter: string;
  /** What went wrong, or what is asked. */
  notice: { text: string; isAlarm: boolean } | undefined;
  /** The same in several lengths, the longest first. */
  keys: readonly string[];
}

interface Column {
  title: string;
  width: number;
  /** Those with a higher number go first where there is no room. */
  rank: number;
  text(row: Row): string;
  isAlarm?(row: Row): boolean;
}

const columns: readonly Column[] = [
  {
    title: 'PENDING',
    width: 9,
    rank: 0,
    text: ({ pending }) => grouped(pending),
    // Also where there is no room for the consumers.
    isAlarm: isUnattended,
  },
  { title: 'ACTIVE', width: 7, rank: 6, text: ({ active }) => grouped(active) },
  { title: 'DELAYED', width: 8, rank: 7, text: ({ delayed }) => grouped(delayed) },
  {
    title: 'DEAD',
    width: 7,
    rank: 1,
    text: ({ dead }) => grouped(dead),
    isAlarm: ({ dead }) => dead > 0,
  },
  { title: 'IN/S', width: 8, rank: 3, text: ({ inRate }) => rateText(inRate) },
  { title: 'OUT/S', width: 8, rank: 2, text: ({ outRate }) => rateText(outRate) },
  { title: 'OLDEST', width: 7, rank: 5, text: ({ ageMs }) => ageText(ageMs) },
  {
    title: 'CONSUMERS',
    width: 9,
    rank: 4,
    text: (row) => (row.paused ? 'paused' : grouped(row.consumers)),
    isAlarm: isUnattended,
  },
];

/** So many columns are left for the name at least. */
const leastName = 12;
/** Lines that are no rows: the head, the titles, the notice and the keys. */
const frameLines = 4;

/** The rows in their order, those that the filter leaves. */
export function arranged(rows: readonly Row[], order: Order, filter: string): Row[] {
  const found = rows.filter(({ name }) => name.toLowerCase().includes(filter.toLowerCase()));
  const byName = (a: Row, b: Row) => (a.name < b.name ? -1 : 1);
  const by: Record<Order, (row: Row) => number> = {
    attention: urgency,
    name: () => 0,
    pending: ({ pending }) => pending,
    'out/s': ({ outRate = 0 }) => outRate,
  };
  return found.sort((a, b) => by[order](b) - by[order](a) || byName(a, b));
}

/** What needs somebody first: messages that nobody takes, dead letters, and what has waited longest. */
function urgency(row: Row): number {
  const unattended = isUnattended(row) ? 4 : 0;
  const dead = row.dead > 0 ? 2 : 0;
  const isWorking = row.pending + row.active > 0 ? 1 : 0;
  return unattended + dead + isWorking;
}

function isUnattended({ pending, consumers, paused }: Row): boolean {
  return pending > 0 && (consumers === 0 || paused !== undefined);
}

/** The lines of the screen, none of them longer than it is wide. */
export function overviewLines(overview: Overview, { width, height, paint }: View): string[] {
  const { rows, selected, order, filter, notice, keys, address } = overview;
  const shown = fitting(width);
  const nameWidth = width - shown.reduce((sum, column) => sum + column.width + 1, 0);
  const titles = shown.map(({ title, width: its }) => ` ${title.padStart(its)}`).join('');
  const count = `${grouped(rows.length)} in all, by ${order}${filter ? `, with "${filter}"` : ''}`;
  const room = Math.max(1, height - frameLines);
  const at = Math.max(
    0,
    rows.findIndex(({ name }) => name === selected),
  );
  const first = Math.max(0, Math.min(at - Math.floor(room / 2), rows.length - room));
  const lines = rows.slice(first, first + room).map((row) => {
    const name = cut(printable(row.name), nameWidth).padEnd(nameWidth);
    const isSelected = row.name === selected;
    const cells = shown.map((column) => cellText(column, row, paint));
    if (!isSelected) return name + cells.join('');
    return [name, ...cells].map(paint.inverse).join('');
  });
  while (lines.length < room) lines.push('');
  if (rows.length === 0) lines[0] = cut('no queue or consumer group', width);
  const told = cut(notice?.text ?? '', width);
  return [
    paint.bold(cut(`redpost top  ${address}  ${count}`, width)),
    paint.dim(cut('NAME'.padEnd(nameWidth) + titles, width)),
    ...lines,
    notice?.isAlarm ? paint.red(told) : paint.yellow(told),
    paint.dim(keysText(keys, width)),
  ].slice(0, height);
}

/** The keys, of several ways to say them the longest that fits. */
export function keysText(ways: readonly string[], width: number): string {
  return cut(ways.find(({ length }) => length <= width) ?? ways.at(-1) ?? '', width);
}

function fitting(width: number): Column[] {
  let shown = [...columns];
  const needed = () => shown.reduce((sum, column) => sum + column.width + 1, leastName);
  while (needed() > width && shown.length > 1) {
    const last = Math.max(...shown.map(({ rank }) => rank));
    shown = shown.filter(({ rank }) => rank !== last);
  }
  return shown;
}

function cellText(column: Column, row: Row, paint: Paint): string {
  const text = ` ${cut(column.text(row), column.width).padStart(column.width)}`;
  return column.isAlarm?.(row) ? paint.red(text) : text;
}

/** A text in so many columns. */
export function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

/** A name may have any characters. */
export function printable(text: string): string {
  return /^[^\p{C}]*$/u.test(text) ? text : JSON.stringify(text);
}

function rateText(rate: number | undefined): string {
  if (rate === undefined) return '-';
  return rate > 0 && rate < 10 ? rate.toFixed(1) : grouped(Math.round(rate));
}

/** `0.4s`, `12s`, `5m`, `3h`, `2d`. */
export function ageText(ms: number | undefined): string {
  if (ms === undefined) return '-';
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)}s`;
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
  ] as const;
  const [name, length] = units.find(([, each]) => ms >= each) ?? ['s', 1000];
  return `${Math.floor(ms / length)}${name}`;
}

/** Says that a queue is paused, since when and why. */
export function pauseText({ paused }: Pick<Row, 'paused'>): string {
  if (!paused) return '';
  const until = paused.until ? ` until ${shortTime(paused.until)}` : '';
  return `paused${until}${paused.reason ? `: ${paused.reason}` : ''}`;
}
