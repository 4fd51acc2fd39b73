/** What a process reports, in the words of the ledger. */
export type Entry = { process: string; at: number } & Report;

/** `at` is by a clock that all processes of the machine share, in ms. */
export type Report =
  | { type: 'ready' }
  | { type: 'finished' }
  /** A send is about to be made: from now on the message may be in Redis. */
  | { type: 'sending'; key: string }
  | { type: 'sent'; key: string; outcome: SendOutcome; code?: string; tookMs: number }
  | { type: 'started'; key: string; receipt: string; attempt: number }
  | { type: 'handled'; key: string; receipt: string }
  /** The handler threw, so the message is to be delivered again. */
  | { type: 'failed'; key: string; receipt: string }
  /** An explicit acknowledgement was confirmed. */
  | { type: 'acked'; key: string; receipt: string }
  | { type: 'ack-refused'; key: string; receipt: string; code: string }
  | { type: 'lost'; count: number }
  | { type: 'recovered'; consumer: string; putBack: number; deadLettered: number }
  | { type: 'error'; code?: string; message: string };

/** `unstated` is a fault of ours: each error of a send has to say what is known. */
type SendOutcome = 'resolved' | 'not-executed' | 'unknown' | 'unstated';
