import type { OnItsWay } from '@redpost/core/consuming';
import type { Condition } from './condition.js';

/** A message that is ready to be sent. */
export interface Outgoing extends OnItsWay {
  id: string;
  element: string | Buffer;
  /** A plain LPUSH sends it. */
  isPlain: boolean;
  delayMs: number;
  /** When it is due, in ms since 1970 by the server's clock; 0 if `delayMs` says it. */
  at: number;
  ttlMs: number;
  /** It waits in the list, and not by its priority or key. */
  isInList: boolean;
  key: string | undefined;
  /** In a divided queue, messages with the same text go to one partition; undefined for one that may go to any. */
  together: string | undefined;
  /** The number of the list that it goes to, where that has been asked for. */
  toList?: number | undefined;
  replicas: number;
  /** On what it depends whether it is sent; undefined for most messages. */
  condition: Condition | undefined;
  /** What became of it, if it is settled without an error. */
  status: 'sent' | 'duplicate' | 'replaced';
  /** Resolves the promise of the caller. It and `reject` are set when the message is put into a batch. */
  resolve: (id: string) => void;
  reject: (error: unknown) => void;
}
