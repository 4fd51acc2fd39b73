/** What every message carries: the same JSON object for every subject, 99 bytes or 10 KiB of it. */
export interface Body {
  /** Of as many digits in every run, so that bodies are equally long: 1,000,000 and up. */
  readonly n: number;
  /** When it was sent: nanoseconds of the machine's monotonic clock. 0 where nobody asks. */
  readonly at: number;
  readonly to: string;
  readonly text: string;
}

/** Who is measured. Each lives in a file of its own, `subjects/<name>.ts`. */
export interface Subject {
  /** As on the command line and in files: `bullmq`. */
  readonly name: string;
  /** As in tables: `BullMQ`. */
  readonly title: string;
  /** How it is used, where there is more than one way: `BLMOVE+LREM`. */
  readonly variant?: string;
  /** The package whose version is told, such as `bullmq`; none for redpost itself. */
  readonly package?: string;
  /** A program of another language that has to be installed, instead of a package. */
  readonly program?: Program;
  /** What it runs on. */
  readonly server: 'redis' | 'nats';
  /** Forgets all messages between runs. Left out where FLUSHALL does. */
  reset?(url: string, options: OpenOptions): Promise<void>;
}

interface Program {
  /** `6.4.1`; undefined where it is not installed. */
  version(): string | undefined;
  /** Why it is not measured then: `no \`sidekiq\` on PATH`. */
  readonly missing: string;
}

/** A way to queue. Configured as its documentation advises for speed, with recovery after a crash. */
export interface QueueSubject extends Subject {
  readonly kind: 'queue';
  open(url: string, options: OpenOptions): Promise<QueueClient>;
}

/** A way to publish and subscribe. */
export interface ChannelSubject extends Subject {
  readonly kind: 'channel';
  open(url: string, options: OpenOptions): Promise<ChannelClient>;
}

export interface OpenOptions {
  /** Whether the server keeps what it has on disk: for JetStream a choice of the client. */
  readonly persistent: boolean;
}

/** One process's end of a queue: a producer sends with it, a consumer consumes with it. */
export interface QueueClient {
  /** Resolves when the server has the message. */
  send(body: Body): Promise<unknown>;
  /** Resolves when the server has all of them. Left out where there is no such call. */
  sendBatch?(bodies: readonly Body[]): Promise<unknown>;
  /**
   * Calls the handler with each decoded body, `concurrency` at a time, and acknowledges the message
   * when the handler's promise resolves. Resolves when it listens. A program of another language does what
   * the handler does by itself, as `elsewhere` says.
   */
  consume(
    handler: (body: Body) => Promise<void>,
    concurrency: number,
    elsewhere: Elsewhere,
  ): Promise<Consuming>;
  close(): Promise<void>;
}

export interface Elsewhere {
  /** The longest time that a handler takes, in ms. */
  readonly handlerMs: number;
  /** To be called with the number of each message that has been handled. */
  handled(n: number): void;
}

export interface Consuming {
  /** The processor time of the process that handles, in ms; left out where that is this one. */
  cpuMs?(): Promise<number>;
  /** Takes no more messages, and resolves when every handled one is acknowledged. */
  stop(): Promise<void>;
}

/** One process's end of a channel. */
export interface ChannelClient {
  /** Resolves when the message has left, or when the server has it: what awaiting costs users. */
  publish(body: Body): Promise<unknown>;
  /** Calls the handler with each decoded body. Resolves when the server has confirmed. */
  subscribe(handler: (body: Body) => void): Promise<void>;
  close(): Promise<void>;
}
