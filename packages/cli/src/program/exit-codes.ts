import { isRedpostError } from '@redpost/core';
import { messageOf } from '@redpost/core/consuming';

/** What the command's exit status says. Documented in the README. */
export const exitCodes = {
  done: 0,
  /** Redis could not be reached, or not all that was asked for could be done. */
  failed: 1,
  /** The command line or the input makes no sense; the same call fails again. */
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

/** The exit status that fits what was thrown. */
export function exitCodeOf(thrown: unknown): number {
  if (thrown instanceof Failure) return thrown.exitCode;
  return isWrongInput(thrown) ? exitCodes.wrongInput : exitCodes.failed;
}

/** True for what fails again however often it is tried. */
export function isWrongInput(thrown: unknown): boolean {
  return isRedpostError(thrown) && ['INVALID_ARGUMENT', 'ENCODE'].includes(thrown.code);
}

/** What was thrown, as a sentence of one line. */
export function explain(thrown: unknown): string {
  return messageOf(thrown).replace(/\s*\n\s*/g, ' ');
}
