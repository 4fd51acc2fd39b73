import { asError, isRedpostError } from '@redpost/core';
import { z } from 'zod';

/** Why a request was not answered as it was meant, in the form of RFC 9457. */
export const problemSchema = z.object({
  title: z.string(),
  status: z.int(),
  detail: z.string().optional(),
  /** The `code` of an error of redpost. */
  code: z.string().optional(),
});
export type ProblemBody = z.infer<typeof problemSchema>;

/** An answer other than what was asked for. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

function isProblem(thrown: unknown): thrown is Problem {
  return asError(thrown).name === 'Problem';
}

const titles: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Not signed in',
  403: 'Not allowed',
  404: 'Not found',
  409: 'Conflict',
  413: 'Too large',
  422: 'Cannot be done',
  500: 'Internal error',
  503: 'Redis cannot be reached',
};

const statusOfCode: Readonly<Record<string, number>> = {
  INVALID_ARGUMENT: 400,
  ENCODE: 400,
  DECODE: 422,
  VALIDATION: 422,
  CONSUMER_GONE: 404,
  MESSAGE_TOO_LARGE: 413,
  CONNECTION: 503,
  TIMEOUT: 503,
  CLOSED: 503,
};

/** What is told of an error. Only errors of redpost are shown in full: they contain no password. */
export function problemOf(thrown: unknown): ProblemBody {
  if (isProblem(thrown)) return problem(thrown.status, thrown.message);
  if (isRedpostError(thrown)) {
    const { code, message } = thrown;
    return { ...problem(statusOfCode[code] ?? 422, message), code };
  }
  return problem(500, `The dashboard failed: ${asError(thrown).name}`);
}

function problem(status: number, detail: string): ProblemBody {
  return { title: titles[status] ?? 'Error', status, detail };
}

export function problemResponse(thrown: unknown): Response {
  const body = problemOf(thrown);
  return new Response(JSON.stringify(body), {
    status: body.status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
  });
}
