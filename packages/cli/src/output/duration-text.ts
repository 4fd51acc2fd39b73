const units: [name: string, ms: number][] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
];

/** `30s`, `1500ms`, `1d`: as it may be given, in the largest unit of which it is a whole number. */
export function durationText(ms: number): string {
  const [name, length] = units.find(([, each]) => ms % each === 0) ?? ['ms', 1];
  return `${ms / length}${name}`;
}
