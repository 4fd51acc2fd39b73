import { RedpostError } from '@redpost/core';

/** A task of Celery has failed, or was revoked. The stack of the caller follows the message. */
export class CeleryTaskError extends RedpostError {
  declare readonly code: 'CELERY_TASK';
  readonly taskId: string;
  /** What Celery says of the task: `FAILURE`, `REVOKED` or `REJECTED`. */
  readonly status: string;
  /** The name of the exception, e.g. `ValueError`. */
  readonly remoteName: string;
  /** The traceback as the worker has stored it, undefined if it has not. */
  readonly traceback: string | undefined;

  constructor(
    message: string,
    about: { taskId: string; status: string; remoteName: string; traceback: string | undefined },
  ) {
    super(message, { code: 'CELERY_TASK' });
    this.name = 'CeleryTaskError';
    this.taskId = about.taskId;
    this.status = about.status;
    this.remoteName = about.remoteName;
    this.traceback = about.traceback;
  }
}

/** An exception as Celery stores it. */
export interface CeleryException {
  exc_type: string;
  exc_message: readonly unknown[];
  /** The Python module of the exception: null makes Celery create a class of that name. */
  exc_module: string | null;
}

/** A message that this consumer cannot handle as a task, and never will. What Celery would store for it goes with it. */
export class RefusedTask extends Error {
  readonly taskId: string | undefined;
  readonly exception: CeleryException;

  constructor(
    message: string,
    taskId: string | undefined,
    exception: CeleryException = refusal('InvalidTaskError', 'celery.exceptions', message),
  ) {
    super(message);
    this.name = 'RefusedTask';
    this.taskId = taskId;
    this.exception = exception;
  }
}

/** Some exception of Celery or Kombu. */
export function refusal(name: string, module: string, message: string): CeleryException {
  return { exc_type: name, exc_message: [message], exc_module: module };
}
