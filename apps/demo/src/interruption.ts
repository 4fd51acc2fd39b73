import { setMaxListeners } from 'node:events';
import { constants } from 'node:os';

/** The demo was told to end before its time. */
export class Interruption extends Error {
  override readonly name = 'Interruption';
  readonly exitCode: number;

  constructor(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'SIGPIPE') {
    // With SIGPIPE, nobody reads any more.
    super(signal === 'SIGPIPE' ? '' : 'Interrupted.');
    this.exitCode = 128 + constants.signals[signal];
  }
}

/**
 * The signal that is aborted, with an `Interruption`, when the process is told to end. A second
 * Ctrl-C ends it at once.
 */
export function catchInterruptions(): AbortSignal {
  const controller = new AbortController();
  // Every producer listens to it, however many there are.
  setMaxListeners(0, controller.signal);
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      const interruption = new Interruption(name);
      if (controller.signal.aborted) process.exit(interruption.exitCode);
      controller.abort(interruption);
    });
  }

  // E.g. `npm run demo | head`: the queue still has to be cleaned up.
  process.stdout.on('error', () => controller.abort(new Interruption('SIGPIPE')));
  process.stderr.on('error', () => {});
  return controller.signal;
}
