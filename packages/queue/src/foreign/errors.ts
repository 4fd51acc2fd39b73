import { type Outcome, RedpostError } from '@redpost/core';

/** What a {@link NameTakenError} says. */
export interface NameTakenErrorOptions {
  queue: string;
  system: string;
  /** The key that shows it. */
  key: string;
  database: number;
  /** Where Redis is, without a password. */
  address: string;
}

/**
 * The list of this name belongs to another system, such as BullMQ, Sidekiq or Celery: its programs could not read what a queue
 * would send, and a consumer would take their jobs away. Nothing was sent or taken.
 */
export class NameTakenError extends RedpostError {
  declare readonly code: 'NAME_TAKEN';
  readonly outcome = 'not-executed' satisfies Outcome;
  /** The name of the queue. */
  readonly queue: string;
  /** Whose list it is. */
  readonly system: string;
  /** The key of that system that shows it. */
  readonly key: string;

  constructor({ queue, system, key, database, address }: NameTakenErrorOptions) {
    super(
      `The queue ${JSON.stringify(queue)} cannot be used: in database ${database} of Redis at ${address}, this list belongs to ` +
        `${system}, as the key ${JSON.stringify(key)} shows. Its programs cannot read what would be written there, and miss what would ` +
        'be taken. Give the queue another name or database, or use @redpost/formats',
      { code: 'NAME_TAKEN', retryable: false },
    );
    this.name = 'NameTakenError';
    this.queue = queue;
    this.system = system;
    this.key = key;
  }
}
