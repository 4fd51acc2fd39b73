import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** A process of this file, and the lines of JSON that it has printed so far. */
export function startPrinting<Line>(
  file: URL,
  input: object,
): { child: ChildProcess; lines: Line[] } {
  const child = spawn(process.execPath, [fileURLToPath(file), JSON.stringify(input)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines: Line[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line)));
  return { child, lines };
}
