/**
 * What one side of a subject can be asked to do, in its own process. Numbers of messages start at
 * `first`; times are those of the machine's monotonic clock, which all processes share.
 */
interface Tasks {
  /** Makes the connections of a run. */
  open(options: { url: string; persistent: boolean }): void;
  /** Ends them, and collects the garbage, so that nobody's next run pays for it. */
  close(): void;
  /** Sends one message per call, `callers` calls at a time. */
  send(options: Numbers & { callers: number }): Sent;
  /** Sends one message per call, one call at a time: how long each took, in ms, sorted. */
  durations(options: Numbers): number[];
  /** Sends `size` messages per call, one call at a time. */
  sendBatches(options: Numbers & { size: number }): Sent;
  /** Sends one message at a time, so that each finds the consumer idle. */
  trickle(options: Trickle): void;
  /** Publishes, `callers` calls at a time, at most `window` messages ahead of the subscriber. */
  publish(options: Numbers & { callers: number; window: number }): Sent;
  /** Tells the publisher how many messages the subscriber has got. */
  progress(options: { received: number }): void;
  /**
   * Listens. The messages it expects are those of `first` and `count`, of which `enough` are waited for. A handler waits for
   * a random time of up to `handlerMs`; without it, for nothing.
   */
  consume(
    options: Omit<Numbers, 'bytes'> & { concurrency: number; enough?: number; handlerMs?: number },
  ): void;
  subscribe(options: Omit<Numbers, 'bytes'>): void;
  /** Resolves when so many of them have been handled. */
  handled(options: { count: number }): void;
  /** Calls the handler of `consume` without a queue for a second, `concurrency` at a time. */
  alone(options: { concurrency: number; handlerMs: number }): { perSecond: number };
  /** Resolves when the expected messages have come, the consumer is stopped and all is acknowledged. */
  delivered(): Delivered;
  /** Resolves when the expected messages have come. The consumer goes on. */
  come(): Delivered;
  /** Of the messages that came since `consume`: from being sent to being handled, in ms, sorted. */
  latencies(): number[];
  /** Collects the garbage, so that what is measured next does not depend on when V8 does. */
  collect(): void;
  /** The time this process has spent on a core. */
  cpu(): { ms: number };
  memory(): { rssBytes: number };
}

export interface Numbers {
  readonly first: number;
  readonly count: number;
  readonly bytes: number;
}

export interface Trickle extends Numbers {
  /** The pause before each message is this long, up to twice as long, in ms. */
  readonly pauseMs: number;
}

export interface Sent {
  readonly startedAtNs: number;
  readonly ms: number;
}

export interface Delivered {
  readonly distinct: number;
  readonly doubled: number;
  /** Messages that nobody had sent in this run. */
  readonly strange: number;
  readonly firstAtNs: number;
  /** When the last expected one came. */
  readonly lastAtNs: number;
}

export type TaskName = keyof Tasks;
export type TaskOptions<Name extends TaskName> = Parameters<Tasks[Name]>;
export type TaskResult<Name extends TaskName> = ReturnType<Tasks[Name]>;

export interface Request {
  readonly id: number;
  readonly task: TaskName;
  readonly options: unknown;
}

export type Reply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: string }
  | { readonly received: number };
