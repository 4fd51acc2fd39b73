/** `0.6 ms`, `12 ms`: as many digits as matter. */
export function milliseconds(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

/** `0.4 s`, `19.8 s`. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** `200 ms`, `2 s`, `1.5 s`: as it was asked for. */
export function interval(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${ms / 1000} s`;
}

/** `1 receiver`, `2 receivers`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** A bar of `width` characters, filled in proportion: its two halves, to be painted apart. */
export function bar(part: number, whole: number, width: number): [string, string] {
  const filled = Math.min(width, Math.floor((part / whole) * width));
  return ['━'.repeat(filled), '─'.repeat(width - filled)];
}
