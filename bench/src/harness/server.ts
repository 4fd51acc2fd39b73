/** A server of our own, on loopback, that subjects run on. */
export interface Server {
  readonly url: string;
  /** Whether it keeps what it has on disk. */
  readonly persistent: boolean;
  /** `7.0.15`. */
  readonly version: string;
  /** Forgets all messages, and ends what the server does in the background because of them. */
  reset(): Promise<void>;
  stop(): Promise<void>;
}
