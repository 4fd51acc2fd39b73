import { RedpostError } from '@redpost/core';

/** A job of RQ has failed, or was stopped. The stack of the caller follows the message. */
export class RqJobError extends RedpostError {
  declare readonly code: 'RQ_JOB';
  readonly jobId: string;
  /** `failed` or `stopped`. */
  readonly status: 'failed' | 'stopped';
  /** The name of the exception, e.g. `ValueError`. */
  readonly remoteName: string;
  /** The traceback as the worker has stored it, undefined if it has not. */
  readonly traceback: string | undefined;

  constructor(
    message: string,
    about: {
      jobId: string;
      status: 'failed' | 'stopped';
      remoteName: string;
      traceback: string | undefined;
    },
  ) {
    super(message, { code: 'RQ_JOB' });
    this.name = 'RqJobError';
    this.jobId = about.jobId;
    this.status = about.status;
    this.remoteName = about.remoteName;
    this.traceback = about.traceback;
  }
}
