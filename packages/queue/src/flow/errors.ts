import { type Outcome, RedpostError } from '@redpost/core';
import type { FlowOver } from './flow-end.js';

/** What a {@link FlowOverError} says. */
export interface FlowOverErrorOptions {
  queue: string;
  id: string;
  /** Undefined if there is no such flow, or no more. */
  over: FlowOver | undefined;
}

/**
 * The flow is over: its continuation was sent, so nothing can become a member of it any more. Or there is no such flow: it
 * was never opened, or was over for longer than it is kept. Nothing was sent.
 */
export class FlowOverError extends RedpostError {
  declare readonly code: 'FLOW_OVER';
  readonly outcome = 'not-executed' satisfies Outcome;
  /** The name of the queue that the flow continues in. */
  readonly queue: string;
  /** The id of the flow. */
  readonly id: string;
  /** Why it is over; undefined if there is none of this id. */
  readonly over: FlowOver | undefined;

  constructor({ queue, id, over }: FlowOverErrorOptions) {
    const why = over ? `is over (${over})` : 'does not exist, or is over and forgotten';
    super(
      `The flow ${id} of the queue ${JSON.stringify(queue)} ${why}. Open another one with Flow.open()`,
      { code: 'FLOW_OVER' },
    );
    this.name = 'FlowOverError';
    this.queue = queue;
    this.id = id;
    this.over = over;
  }
}
