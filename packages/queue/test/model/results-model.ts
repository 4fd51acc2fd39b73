import type { Message } from './model-consumer.js';

/** How a message has ended, as its result says. */
export interface ModelResult {
  state: 'done' | 'dead' | 'expired' | 'cancelled';
  attempt: number;
  field: 'value' | 'error' | undefined;
}

/** The results of messages that are sent with `keepResultMs`. They outlive the queue, and end by themselves. */
export class ResultsModel {
  readonly byId = new Map<number, ModelResult>();

  /** @param attempt how often it was delivered. */
  keep(message: Message, state: ModelResult['state'], attempt: number, field?: 'value' | 'error') {
    if (message.keepsResult) this.byId.set(message.id, { state, attempt, field });
  }

  /** It is sent again. */
  forget({ id, keepsResult }: Message): void {
    if (keepsResult) this.byId.delete(id);
  }
}
