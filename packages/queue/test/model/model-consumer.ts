/** A message, as the model knows it. Never changed: what is written to it makes another one. */
export interface Message {
  /** Its number, which is its body, too. */
  readonly n: number;
  /** The same, unless it has the body of a later one. */
  readonly id: number;
  readonly level: number;
  readonly key: string | undefined;
  /** How often it was delivered before. */
  readonly attempt: number;
  readonly isSuspect: boolean;
  /** How many ticks old it is by its producer's clock, for ever; undefined for a bare payload. */
  readonly age: number | undefined;
  /** It is sent once, with this key, until it is taken or done. */
  readonly once?: { readonly until: 'taken' | 'done'; readonly key: string } | undefined;
  /** It is sent with `keepResultMs`. */
  readonly keepsResult?: boolean | undefined;
  /** The run that it was taken in last, and its place there. */
  inRun?: { readonly run: Run; readonly at: number } | undefined;
}

/** Messages of one key that were taken together. */
export interface Run {
  readonly key: string;
  /** How many they were. */
  count: number;
}

/** A consumer, as Redis knows it. */
export class ModelConsumer {
  /**
   * `alive` with a lease; `overdue` when it has run out and nobody has recovered what it held; `gone` when somebody
   * has, or the queue was destroyed; `left` when it has given up its lease.
   */
  state: 'alive' | 'overdue' | 'gone' | 'left' = 'alive';
  /** Whether its name is remembered as that of a former consumer, and for how long: until a tick. */
  rememberedUntil: number | undefined;
  /** What it holds, by receipt, oldest first. */
  readonly held = new Map<number, Message>();
  /** What blocking moves have brought, oldest first. */
  handoff: Message[] = [];
  /** By `pauseConsumer()`. */
  isPaused = false;
  /** Whether Redis has counted what it holds since there is a limit. */
  isCounted = false;

  constructor(readonly name: string) {}

  get count(): number {
    return this.held.size + this.handoff.length;
  }

  /** Whether it holds messages that were taken together with others of their key. */
  get holdsRun(): boolean {
    return [...this.held.values()].some(({ inRun }) => inRun !== undefined && inRun.run.count > 1);
  }
}
