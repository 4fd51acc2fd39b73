/** A report of a process, as an entry of the log. */
export type Entry = { process: string; at: number } & Report;

/** `at` is by a clock that all processes of the machine share, in ms. */
export type Report =
  /** The process can be told to finish. */
  | { type: 'up' }
  /** Redis answers. `clock` is the wall clock as this process sees it, in ms since 1970. */
  | { type: 'ready'; clock: number }
  | { type: 'finished' }
  /** A send is about to be made: from now on the message may be in Redis. */
  | {
      type: 'sending';
      key: string;
      /** The key that the queue knows it by, which several messages have. */
      about?: string;
      /** The key with which it is sent once. */
      once?: string;
      delayMs?: number;
      ttlMs?: number;
      isPoison?: boolean;
    }
  /** `id` is that of the message in Redis: of a duplicate, that of the earlier one. */
  | { type: 'sent'; key: string; outcome: SendOutcome; id?: string; code?: string; tookMs: number }
  | { type: 'started'; key: string; receipt: string; attempt: number }
  | { type: 'handled'; key: string; receipt: string }
  /** The handler threw, so the message is to be delivered again. */
  | { type: 'failed'; key: string; receipt: string }
  /** An explicit acknowledgement was confirmed. */
  | { type: 'acked'; key: string; receipt: string }
  | { type: 'ack-refused'; key: string; receipt: string; code: string }
  | { type: 'lost'; count: number }
  | { type: 'recovered'; consumer: string; returned: number; deadLettered: number }
  /** The producer knows that the queue has so many partitions now. */
  | { type: 'divided'; partitions: number }
  /** The topic's group was deleted, and was created again. */
  | { type: 'recreated' }
  /** The process has caused an incident in itself, which began at `since`. */
  | { type: 'incident'; kind: string; since: number }
  | { type: 'error'; code?: string; message: string };

/** `unstated` is a bug in redpost: each error of a send has to have an outcome. */
type SendOutcome = 'resolved' | 'duplicate' | 'not-executed' | 'unknown' | 'unstated';
