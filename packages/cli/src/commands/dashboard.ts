import { createServer, type Server } from 'node:http';
import { isIPv6 } from 'node:net';
import type { Command } from 'commander';
import { whole } from '../options/option-parsers.js';
import { say } from '../output/notices.js';
import { define } from '../program/define.js';
import { exitCodes, Failure } from '../program/exit-codes.js';
import { onAbort } from '../program/interruption.js';
import type { ProgramContext } from '../program/program-context.js';
import type { Run } from '../run.js';

interface DashboardOptions {
  port: number;
  host: string;
  readOnly?: boolean;
  allowChanges?: boolean;
  basePath?: string;
}

export function addDashboard(program: Command, context: ProgramContext): void {
  define<DashboardOptions>(program, context, 'dashboard', {
    description: 'Serve a dashboard of all queues and topics to browsers.',
    addArguments: (command) =>
      command
        .option('--port <n>', 'where to listen; 0 for any free port', whole, 4567)
        .option('--host <address>', 'which address to listen on', '127.0.0.1')
        .option('--read-only', 'nothing can be changed')
        .option('--allow-changes', 'browsers on other machines may change everything')
        .option('--base-path <path>', 'the path under which browsers see it'),
    help: `
Examples:
  redpost dashboard
  redpost dashboard --port 8080 --base-path /admin/queues --read-only

Runs until Ctrl-C or SIGTERM. Browsers on this machine may change everything, others only
look: on an address that others can reach, they see all message bodies. For users
and rights, mount @redpost/dashboard in a server of your own.`,
    job: (run, _args, options) => serve(run, options),
  });
}

async function serve(run: Run, options: DashboardOptions): Promise<number> {
  const { readOnly, allowChanges, basePath } = options;
  if (readOnly && allowChanges) {
    throw new Failure('--read-only and --allow-changes exclude each other', {
      exitCode: exitCodes.wrongInput,
    });
  }
  // Loaded when it is asked for: no other command needs the page.
  const { createDashboard } = await import('@redpost/dashboard');
  const connection = await run.connection();
  const dashboard = createDashboard({
    connection,
    basePath,
    readOnly: readOnly ? true : allowChanges ? false : undefined,
  });
  const server = createServer(dashboard.node);
  try {
    const port = await listen(server, options);
    const host = isIPv6(options.host) ? `[${options.host}]` : options.host;
    const path = (basePath ?? '').replace(/\/$/, '');
    say(`the dashboard is at http://${host}:${port}${path}/; Ctrl-C stops`);
    await new Promise<void>((resolve) => onAbort(run.interruption.stopping, resolve));
  } finally {
    await dashboard.close();
    server.closeAllConnections();
    server.close();
  }
  return exitCodes.done;
}

function listen(server: Server, { port, host }: DashboardOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const advice = cause.code === 'EADDRINUSE' ? ': another program does. Choose a --port' : '';
      const why = advice || ` (${cause.code ?? cause.message})`;
      reject(new Failure(`cannot listen on ${host}:${port}${why}`, { cause }));
    });
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}
