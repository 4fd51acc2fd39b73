import { isRedpostError, messageOf } from '@redpost/core/consuming';

/** The exit codes of the command. Documented in the README. */
export const exitCodes = {
  done: 0,
  /** Redis could not be reached, or a part of the request failed. */
  failed: 1,
  /** The command line or the input is wrong; the same call fails again. */
  wrongInput: 2,
} as const;

/** As shells have it: 128 and the number of the signal. */
export const interruptedBy = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** Ends the command with one line on stderr. */
export class Failure extends Error {
  readonly exitCode: number;

  constructor(message: string, options: { exitCode?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'Failure';
    this.exitCode = options.exitCode ?? exitCodes.failed;
  }
}

export function wrongInput(message: string): Failure {
  return new Failure(message, { exitCode: exitCodes.wrongInput });
}

/** The exit code for a thrown error. */
export function exitCodeOf(thrown: unknown): number {
  if (thrown instanceof Failure) return thrown.exitCode;
  return isWrongInput(thrown) ? exitCodes.wrongInput : exitCodes.failed;
}

/** True for an error that would come again. */
export function isWrongInput(thrown: unknown): boolean {
  return isRedpostError(thrown) && ['INVALID_ARGUMENT', 'ENCODE'].includes(thrown.code);
}

/** A thrown error as a sentence of one line. */
export function explain(thrown: unknown): string {
  return messageOf(thrown).replace(/\s*\n\s*/g, ' ');
}
