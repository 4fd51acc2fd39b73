import type { FaultResult } from '../reliability.js';

const columns: readonly [title: string, width: number, of: (result: FaultResult) => string][] = [
  ['fault', 26, ({ name }) => name],
  ['happened', 9, ({ happened }) => String(happened)],
  ['sent', 8, ({ sends }) => String(sends)],
  ['handled', 8, ({ handled }) => String(handled)],
  ['lost', 5, ({ lost }) => String(lost)],
  ['forgotten', 10, ({ forgotten }) => String(forgotten)],
  ['after ack', 10, ({ afterAck }) => String(afterAck)],
  ['duplicates', 11, ({ duplicates }) => String(duplicates)],
  ['unordered', 10, ({ outOfOrder }) => String(outOfOrder)],
  ['seconds', 8, ({ ms }) => (ms / 1000).toFixed(1)],
  ['', 7, ({ wrong }) => (wrong.length > 0 ? 'WRONG' : 'ok')],
];

/** The line above the rows. */
export function tableHead(): string {
  return columns.map(([title, width], at) => cell(title, width, at)).join('');
}

/** The row of one fault when it is finished. */
export function tableRow(result: FaultResult): string {
  return columns.map(([, width, of], at) => cell(of(result), width, at)).join('');
}

function cell(text: string, width: number, at: number): string {
  return at === 0 ? text.padEnd(width) : text.padStart(width);
}
