import { styleText } from 'node:util';
import Table from 'cli-table3';
import type { GoalResult, MeasureResult, Results, SubjectResult } from '../results.js';
import { duration, figure, foundFigure, range, times } from './figures.js';
import { byPersistence, type GoalRow, goalRows, grouped, type Persistence } from './grouping.js';
import {
  goalSummary,
  hardware,
  persistenceTitle,
  runCount,
  software,
  startOf,
  unitWords,
} from './wording.js';

export interface TerminalTableOptions {
  readonly color: boolean;
  /** Columns of the terminal. Never less than 72 nor more than 100 are used. */
  readonly width: number;
}

type Format = Parameters<typeof styleText>[0];

type Row = readonly string[];

interface Group {
  readonly title: string;
  readonly rows: readonly Row[];
}

interface Section {
  readonly head: Row;
  readonly groups: readonly Group[];
  readonly widths: readonly number[];
}

interface Page {
  readonly width: number;
  paint(format: Format, text: string): string;
}

const gap = 2;
const figureWidths = [11, 19, 12];
const foundWidth = 15;

/** Shows a run's figures and goals to people at a terminal. */
export function terminalTable(results: Results, options: TerminalTableOptions): string {
  const page: Page = {
    width: Math.min(100, Math.max(72, options.width)),
    paint: (format, text) => (options.color && text ? styled(format, text) : text),
  };
  const blocks = [
    header(results, page),
    ...figures(results, page),
    ...goals(results, page),
    ...remarks(results, page),
  ];
  return `${blocks.join('\n\n')}\n`;
}

/** What to do about terminals without colours has been decided by the caller. */
function styled(format: Format, text: string): string {
  return styleText(format, text, { validateStream: false });
}

function header(results: Results, { width, paint }: Page): string {
  const started = `${startOf(results)}, took ${duration(results.tookMs)}`;
  return [
    `${paint('bold', 'redpost beside its peers')}  ${paint('dim', started)}`,
    ...flowed([...hardware(results), ...software(results)], width),
    ...(results.quick
      ? [paint('yellow', 'A quick run: short ones, whose figures vary more.')]
      : []),
  ].join('\n');
}

function flowed(parts: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const longer = lines.length ? `${lines.at(-1)} · ${part}` : part;
    if (lines.length && longer.length <= width) lines[lines.length - 1] = longer;
    else lines.push(part);
  }
  return lines;
}

function figures(results: Results, page: Page): string[] {
  const widths = [page.width - widthOf(figureWidths), ...figureWidths];
  return [...byPersistence(results)].map(([persistence, measures]) => {
    const head = ['', 'median', `min–max of ${runCount(measures)}`, 'redpost ÷ it'];
    const groups = measures.map((measure) => figureGroup(measure, page));
    return section(persistenceTitle[persistence], { head, groups, widths }, page);
  });
}

function figureGroup(measure: MeasureResult, page: Page): Group {
  return {
    title: measureTitle(measure, page),
    rows: measure.subjects.map((subject) => subjectRow(subject, page)),
  };
}

function measureTitle(measure: MeasureResult, { width, paint }: Page): string {
  const unit = unitWords(measure);
  const isFitting = measure.title.length + gap + unit.length <= width;
  return `${paint('bold', measure.title)}${isFitting ? '  ' : '\n  '}${paint('dim', unit)}`;
}

function subjectRow(subject: SubjectResult, { paint }: Page): string[] {
  const { title, median, min, max, redpostRatio } = subject;
  if (redpostRatio === undefined) {
    return [title, figure(median), range(min, max), ''].map((cell) => paint('bold', cell));
  }
  return [title, figure(median), paint('dim', range(min, max)), times(redpostRatio)];
}

function goals(results: Results, page: Page): string[] {
  const persistences = [...byPersistence(results).keys()];
  const benchmarks = grouped(goalRows(results), ({ benchmark }) => benchmark);
  // Short runs decide nothing.
  if (benchmarks.size === 0 || results.quick) return [];

  const founds = persistences.map(() => foundWidth);
  const widths = [page.width - widthOf(founds), ...founds];
  const head = ['', ...persistences.map((persistence) => shortTitle[persistence])];
  const groups = [...benchmarks].map(([benchmark, rows]) => ({
    title: page.paint('bold', benchmark),
    rows: rows.map((row) => goalCells(row, persistences, page)),
  }));
  return [section(goalSummary(results), { head, groups, widths }, page)];
}

const shortTitle: Record<Persistence, string> = {
  none: 'no persistence',
  'aof everysec': 'AOF everysec',
};

function goalCells(row: GoalRow, persistences: readonly Persistence[], page: Page): string[] {
  const founds = persistences.map((persistence) => {
    const goal = row.found.get(persistence);
    return goal ? goalCell(goal, row, page) : '';
  });
  return [row.goal, ...founds];
}

function goalCell(goal: GoalResult, { better }: GoalRow, { paint }: Page): string {
  const found = foundFigure(goal, better);
  return goal.met
    ? `${found} ${paint('green', '  met')}`
    : `${found} ${paint(['bold', 'red'], 'short')}`;
}

function remarks({ leftOut, failures }: Results, { paint }: Page): string[] {
  const left = leftOut.map((line) => paint('dim', `Left out: ${line}`));
  const failed = failures.map((line) => paint(['bold', 'red'], `Failed: ${line}`));
  return [left, failed].filter((lines) => lines.length > 0).map((lines) => lines.join('\n'));
}

/** A heading, the head of the columns once, and below it the groups, whose columns line up. */
function section(title: string, { head, groups, widths }: Section, page: Page): string {
  const dimHead = head.map((cell) => page.paint('dim', cell));
  return [
    `${heading(title, page)}\n${table([dimHead], widths)}`,
    ...groups.map(({ title, rows }) => `${title}\n${table(rows, widths, 2)}`),
  ].join('\n\n');
}

function heading(title: string, { width, paint }: Page): string {
  const text = title.toUpperCase();
  return paint(['bold', 'cyan'], `━━ ${text} ${'━'.repeat(Math.max(0, width - text.length - 4))}`);
}

/** No borders; the first column to the left, figures to the right. */
function table(rows: readonly Row[], widths: readonly number[], indent = 0): string {
  const drawn = new Table({
    colWidths: [...widths],
    colAligns: widths.map((_, at) => (at === 0 ? 'left' : 'right')),
    wordWrap: true,
    chars: borderless,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
  });
  const style = { 'padding-left': indent };
  drawn.push(...rows.map(([first, ...others]) => [{ content: first, style }, ...others]));
  return drawn.toString().replaceAll(/ +$/gm, '');
}

function widthOf(columns: readonly number[]): number {
  return columns.reduce((sum, width) => sum + gap + width, 0);
}

const borderless = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  right: '',
  middle: ' '.repeat(gap),
};
