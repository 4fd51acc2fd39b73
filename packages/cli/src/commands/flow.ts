import { inTurns } from '@redpost/core/consuming';
import type { Flow, FlowResult } from '@redpost/queue';
import type { Command } from 'commander';
import { flowTable, type ListedFlow } from '../output/flow-table.js';
import { say } from '../output/notices.js';
import { addCommand, define } from '../program/define.js';
import { exitCodes } from '../program/exit-codes.js';
import type { ProgramContext } from '../program/program-context.js';
import { type Run, unlessInterrupted } from '../run.js';

interface TableOptions {
  json?: boolean;
}

export function addFlow(program: Command, context: ProgramContext): void {
  const flow = addCommand(program, 'flow').description(
    'Look at flows, close or cancel them: sets of messages that one message follows.',
  );

  define<TableOptions>(flow, context, 'list', {
    description: 'List the flows that continue in a queue and are not over.',
    addArguments: (command) =>
      command
        .argument('<queue>', 'name of the queue that they continue in')
        .option('--json', 'print JSON even to a terminal'),
    help: `
Examples:
  redpost flow list reports
  redpost flow list reports | jq -r 'select(.dead > 0) | .flow'

A table on a terminal, else one JSON object per flow, as redpost flow status prints it.`,
    job: (run, args, options) => unlessInterrupted(run, list(run, args, options)),
  });

  define<TableOptions>(flow, context, 'status', {
    description: 'Tell how far a flow is.',
    addArguments: (command) => addNames(command).option('--json', 'print JSON even to a terminal'),
    help: `
Examples:
  redpost flow status reports march
  redpost flow status reports march | jq .pending

A table on a terminal, else {"queue", "flow", "state", "over", "pending", "done",
"dead", "expired", "cancelled", "openedAt", "onDead"}, and "memberOf" if it is nested.
The state is open, closed (its members have to end) or over; "over" says why: closed, cancelled or idle. Exits with 1 when nothing is known of
it: it was never opened, or is over for longer than it is kept.`,
    job: (run, args, options) => unlessInterrupted(run, status(run, args, options)),
  });

  define<object>(flow, context, 'results', {
    description: 'Print what the members that have ended have returned, or why they failed.',
    addArguments: addNames,
    help: `
Examples:
  redpost flow results reports march
  redpost flow results reports march | jq -r 'select(.state == "dead") | .id'

One JSON object per member: {"id", "state"} and "value" or "error". Only flows that were
opened with results have them. Exits with 1 when nothing is known of the flow.`,
    job: (run, args) => unlessInterrupted(run, results(run, args)),
  });

  define<object>(flow, context, 'close', {
    description: 'Close a flow: it continues when all members have ended.',
    addArguments: addNames,
    help: `
Example:
  redpost flow close reports march

For a flow that its opener has left open. Prints {"queue", "flow",
"closed"}. Exits with 1 when nothing is known of it.`,
    job: (run, args) => unlessInterrupted(run, close(run, args)),
  });

  define<object>(flow, context, 'cancel', {
    description: 'Cancel a flow: members that have not ended count as cancelled, and it continues.',
    addArguments: addNames,
    help: `
Example:
  redpost flow cancel reports march

Members that wait are not started any more, and the handlers of the others are told.
Prints {"queue", "flow", "cancelled"}. Exits with 1 when it was over already, or
nothing is known of it.`,
    job: (run, args) => unlessInterrupted(run, cancel(run, args)),
  });
}

function addNames(command: Command): Command {
  return command
    .argument('<queue>', 'name of the queue that the flow continues in')
    .argument('<flow>', 'id of the flow');
}

async function flowOf(run: Run, [queue = '', id = '']: readonly string[]): Promise<Flow> {
  const { Flow } = await import('@redpost/queue');
  return Flow.of({ connection: await run.connection(), queue, id });
}

async function list(run: Run, [queue = '']: readonly string[], { json }: TableOptions) {
  const { Flow } = await import('@redpost/queue');
  const connection = await run.connection();
  const flows: Flow[] = [];
  for await (const flow of Flow.list({ connection, queue })) flows.push(flow);
  await print(run, queue, (await inTurns(flows, listedOf)).flat(), json);
  return undefined;
}

async function status(run: Run, names: readonly string[], { json }: TableOptions) {
  const flow = await flowOf(run, names);
  const listed = await listedOf(flow);
  if (listed.length === 0) return unknown(flow);
  await print(run, flow.queue, listed, json);
  return undefined;
}

/** Empty if nothing is known of it any more. */
async function listedOf(flow: Flow): Promise<ListedFlow[]> {
  const known = await flow.status();
  return known ? [{ flow: flow.id, ...known }] : [];
}

async function print(run: Run, queue: string, flows: ListedFlow[], json: boolean | undefined) {
  const asTable = run.output.isTerminal && !json;
  const lines = asTable
    ? [flowTable(flows)]
    : flows.map((flow) => JSON.stringify({ queue, ...flow }));
  for (const text of lines) await run.output.line(text);
}

async function results(run: Run, names: readonly string[]) {
  const flow = await flowOf(run, names);
  if (!(await flow.status())) return unknown(flow);
  let isAny = false;
  for await (const result of flow.results()) {
    isAny = true;
    await run.output.line(resultLine(result));
  }
  if (!isAny) say('no results: no member has ended, or the flow was opened without results');
  return undefined;
}

function resultLine({ error, ...known }: FlowResult): string {
  return JSON.stringify({ ...known, ...(error && { error: error.message }) });
}

async function close(run: Run, names: readonly string[]) {
  const flow = await flowOf(run, names);
  await flow.close();
  await run.output.line(JSON.stringify({ queue: flow.queue, flow: flow.id, closed: true }));
  return undefined;
}

async function cancel(run: Run, names: readonly string[]) {
  const flow = await flowOf(run, names);
  const cancelled = await flow.cancel();
  await run.output.line(JSON.stringify({ queue: flow.queue, flow: flow.id, cancelled }));
  if (cancelled) return undefined;
  const known = await flow.status();
  if (!known) return unknown(flow);
  say(`the flow ${flow.id} of ${flow.queue} is over already (${known.over})`);
  return exitCodes.failed;
}

function unknown({ id, queue }: Flow): number {
  say(`nothing is known of a flow ${JSON.stringify(id)} that continues in ${queue}`);
  return exitCodes.failed;
}
