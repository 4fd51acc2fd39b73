/** How a command has ended, and what it has written. */
export interface Ended {
  code: number | NodeJS.Signals;
  stdout: string;
  stderr: string;
  /** stdout, parsed. */
  lines: Record<string, unknown>[];
}

export function ended(
  code: number | NodeJS.Signals,
  text: { stdout: string; stderr: string },
): Ended {
  // Not among the properties that a failed expectation shows: not every output is JSON.
  const lines = { get: () => parse(text.stdout) };
  return Object.defineProperty({ code, ...text }, 'lines', lines) as Ended;
}

function parse(ndjson: string): Record<string, unknown>[] {
  return ndjson
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}
