import type { Command } from 'commander';
import { define } from '../program/define.js';
import type { ProgramContext } from '../program/program-context.js';
import { type Run, unlessInterrupted } from '../run.js';

export function addPing(program: Command, context: ProgramContext): void {
  define(program, context, 'ping', {
    description: 'Check that Redis answers, and measure a round trip.',
    addArguments: (command) => command,
    help: `
Examples:
  redpost ping
  redpost ping --redis redis://cache.internal:6379/2

Exits with 1, within 5 seconds, if Redis does not answer.`,
    job: (run) => unlessInterrupted(run, ping(run)),
  });
}

async function ping(run: Run): Promise<undefined> {
  const connection = await run.connection();
  const ms = await connection.ping();
  await run.output.line(`PONG from ${connection.address} in ${ms.toFixed(2)} ms`);
}
