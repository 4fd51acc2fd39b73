import { asError, isRedpostError } from '@redpost/core';

/** An option that is unknown or cannot work. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The user's Redis could not be used. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
}

/** What to tell people about an error, and the exit code that tells programs. */
export function explain(error: unknown, program: string): { message: string; exitCode: number } {
  const { message, stack } = asError(error);
  if (error instanceof UsageError) {
    return { message: `${program}: ${message} (see --help)`, exitCode: 2 };
  }
  const isExpected = error instanceof UnreachableError || isRedpostError(error);
  return { message: `${program}: ${isExpected ? message : stack}`, exitCode: 1 };
}
