import type { Command } from 'commander';
import { define } from '../program/define.js';
import type { ProgramContext } from '../program/program-context.js';
import { type Run, unlessInterrupted } from '../run.js';

export function addPing(program: Command, context: ProgramContext): void {
  define(program, context, 'ping', {
    description: 'Ask Redis whether it is there, and how long an answer takes.',
    addArguments: (command) => command,
    help: `
Examples:
  redpost ping
  redpost ping --redis redis://cache.internal:6379/2

Exits with 1, within 5 seconds, when there is no answer.`,
    job: (run) => unlessInterrupted(run, ping(run)),
  });
}

async function ping(run: Run): Promise<undefined> {
  const connection = await run.connection();
  const ms = await connection.ping();
  await run.output.line(`PONG from ${connection.address} in ${ms.toFixed(2)} ms`);
}
