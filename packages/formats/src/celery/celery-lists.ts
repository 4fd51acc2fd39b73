import { checkedName, InvalidArgumentError, shown, wholeNumber } from '@redpost/core';

/** How Celery names the Redis lists of a queue. The defaults are those of Celery: see its `broker_transport_options`. */
export interface CeleryListOptions {
  /**
   * The priorities that have a list, in ascending order, each 0 to 9: the first is 0. Lower is sooner. Default
   * `[0, 3, 6, 9]`. `priority_steps` in Celery.
   */
  prioritySteps?: readonly number[] | undefined;
  /** What is between the name of a queue and a priority. Default `'\x06\x16'`. `sep` in Celery. */
  separator?: string | undefined;
}

/** Kombu's separator: ACK and SYN. Source: kombu/transport/redis.py. */
const kombuSeparator = '\x06\x16';
const kombuSteps = [0, 3, 6, 9];

/** The Redis lists of Celery's queues: one for each step of priority. */
export class CeleryLists {
  readonly #steps: readonly number[];
  readonly #separator: string;

  /** @throws InvalidArgumentError for an option that cannot work. */
  constructor({ prioritySteps = kombuSteps, separator = kombuSeparator }: CeleryListOptions) {
    this.#steps = checkedSteps(prioritySteps);
    this.#separator = checkedName('separator', separator);
  }

  /** The names of a queue's lists, the one that is read first before the others. */
  of(queue: string): string[] {
    return this.#steps.map((step) => this.#name(queue, step));
  }

  /** The list for this priority: that of the highest step that is not above it. */
  at(queue: string, priority: number): string {
    return this.#name(queue, Math.max(...this.#steps.filter((step) => step <= priority)));
  }

  #name(queue: string, step: number): string {
    return step === 0 ? queue : `${queue}${this.#separator}${step}`;
  }
}

function checkedSteps(steps: readonly number[]): readonly number[] {
  if (!Array.isArray(steps) || steps[0] !== 0) {
    throw new InvalidArgumentError(
      `prioritySteps is an array that begins with 0, got ${shown(steps)}`,
    );
  }
  for (const [at, step] of steps.entries()) {
    const min = at === 0 ? 0 : steps[at - 1] + 1;
    wholeNumber(`prioritySteps[${at}]`, step, { min, max: 9 });
  }
  return [...steps];
}
