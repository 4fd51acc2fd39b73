import { spawn } from 'node:child_process';
import { symlink } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { basename, join } from 'node:path';
import type { Writable } from 'node:stream';

/**
 * Runs the server as its child and waits for its end, then removes the folder.
 *
 * Its stdin is a pipe of which the process that started it holds the other end. Nothing is ever written
 * there: `read` returns when that end closes, which the system does whenever the process ends, even by
 * SIGKILL. So the process needs no signal or exit handler.
 *
 * SIGCONT is for a server that was frozen by SIGSTOP: it could not act on SIGTERM.
 */
const script = `
folder=$1
shift
exec 3<&0

"$@" 3<&- &
server=$!

(
  read -r _ <&3
  kill -TERM "$server"
  kill -CONT "$server"
  tenths=0
  while [ "$tenths" -lt 50 ]; do
    sleep 0.1
    tenths=$((tenths + 1))
  done
  kill -KILL "$server"
) 2>/dev/null &
watcher=$!

trap 'kill -TERM "$server"' TERM INT HUP
while :; do
  wait "$server"
  status=$?
  kill -0 "$server" 2>/dev/null || break
done

kill "$watcher" 2>/dev/null
rm -rf -- "$folder"
exit "$status"
`;

export interface SupervisedServer {
  /** The server's exit status once it has ended and its folder is removed, else undefined. */
  readonly status: number | undefined;
  /**
   * Ends the server: SIGTERM, and SIGKILL 5 seconds later. Resolves when the server has ended and its folder
   * is removed.
   */
  end(): Promise<void>;
}

export interface SupervisedCommand {
  server: string;
  args: readonly string[];
  /** Removed when the server has ended. */
  runtimeDir: string;
  /** The file descriptor for the output of the server. */
  output: number;
}

/**
 * Starts a server that ends with this process, even if that is killed, and that does not keep this process
 * from ending.
 */
export async function supervise(command: SupervisedCommand): Promise<SupervisedServer> {
  const server = await namedAsServer(command.server, command.runtimeDir);

  // In a session of its own, so that Ctrl-C in the terminal reaches only the process that started
  // it, which may have work to finish first.
  const child = spawn(
    '/bin/sh',
    ['-c', script, 'redpost', command.runtimeDir, server, ...command.args],
    {
      cwd: '/',
      detached: true,
      stdio: ['pipe', command.output, command.output],
    },
  );
  const lifeline = child.stdin as Writable & Partial<Pick<Socket, 'unref'>>;
  lifeline.on('error', () => {});
  lifeline.unref?.(); // It is no socket in Bun, where it keeps no process from ending.
  child.unref();

  let status: number | undefined;
  const ended = new Promise<void>((resolve) => {
    const settle = (code: number): void => {
      status = code;
      resolve();
    };
    child.once('error', () => settle(127));
    child.once('exit', (code) => settle(code ?? 1));
  });

  return {
    get status() {
      return status;
    },
    end() {
      child.ref();
      lifeline.end();
      return ended;
    },
  };
}

/** A link with the right name, where the server is found only as the checking tool. */
async function namedAsServer(server: string, runtimeDir: string): Promise<string> {
  if (basename(server) !== 'redis-check-rdb') return server;
  const link = join(runtimeDir, 'redis-server');
  await symlink(server, link);
  return link;
}
