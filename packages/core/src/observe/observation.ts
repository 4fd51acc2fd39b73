import { type TracingChannel, tracingChannel } from 'node:diagnostics_channel';
import type { Unlisten } from '../runtime/emitter.js';
import { isThenable } from '../runtime/is-thenable.js';
import { warn } from '../runtime/warning.js';
import type {
  HandleOperation,
  Observer,
  ReceiveOperation,
  SendOperation,
  SentBatch,
  SettledBatch,
} from './observer.js';

type Method = keyof Observer;
type Observers = { [Name in Method]: Observer[Name][] };

const key = Symbol.for('@redpost/core observers');
const registry = globalThis as { [key]?: { all: Set<Observer>; by: Observers } };

/** All copies of this package in a process share the observers: it may be loaded as ESM and as CommonJS. */
registry[key] ??= {
  all: new Set(),
  by: { send: [], handle: [], receive: [], sent: [], settled: [] },
};
const { all, by } = registry[key];

/** `redpost:publish` is for topics and channels what `redpost:send` is for queues. */
const channels = {
  send: tracingChannel<unknown, object>('redpost:send'),
  publish: tracingChannel<unknown, object>('redpost:publish'),
  handle: tracingChannel<unknown, object>('redpost:handle'),
  receive: tracingChannel<unknown, object>('redpost:receive'),
};

/**
 * Observes all queues, topics and channels of this process, also those that exist already, until the returned function is
 * called. It is what packages for tracing and metrics are made of. Nothing is spent while nobody observes.
 *
 * The same calls can be traced by the tracing channels of `node:diagnostics_channel` named `redpost:send`,
 * `redpost:publish`, `redpost:handle` and `redpost:receive`, whose messages are the operations.
 */
export function observe(observer: Observer): Unlisten {
  all.add(observer);
  update();
  return () => {
    all.delete(observer);
    update();
  };
}

function update(): void {
  for (const name of Object.keys(by) as Method[]) {
    by[name].length = 0;
    for (const observer of all) {
      const method = observer[name];
      if (method) (by[name] as unknown[]).push(method.bind(observer));
    }
  }
}

/** True when calls of this kind are observed or traced. */
export function isObserved(what: 'send' | 'publish' | 'handle' | 'receive'): boolean {
  return by[what === 'publish' ? 'send' : what].length > 0 || hasSubscribers(channels[what]);
}

/** True when batches of this kind are observed. */
export function areObserved(what: 'sent' | 'settled'): boolean {
  return by[what].length > 0;
}

/** Runs a call that sends or publishes, with what observes it around it. */
export function observeSend<Result>(
  operation: SendOperation,
  run: () => Promise<Result>,
): Promise<Result> {
  const channel = operation.kind === 'queue' ? channels.send : channels.publish;
  return around(by.send, operation, traced(channel, operation, run)) as Promise<Result>;
}

/** Calls a handler, with what observes it around it. */
export function observeHandle(operation: HandleOperation, run: () => unknown): unknown {
  return around(by.handle, operation, traced(channels.handle, operation, run));
}

/** Runs a call that waits for messages, with what observes it around it. */
export function observeReceive<Result>(
  operation: ReceiveOperation,
  run: () => Promise<Result>,
): Promise<Result> {
  return around(by.receive, operation, traced(channels.receive, operation, run)) as Promise<Result>;
}

/** Tells observers of a batch. */
export function tellSent(batch: SentBatch): void {
  tell(by.sent, batch);
}

/** Tells observers of a batch. */
export function tellSettled(batch: SettledBatch): void {
  tell(by.settled, batch);
}

type Around = (operation: never, run: () => never) => unknown;

/** The observer that came first is the outermost one. @param at the first one that is still to be called. */
function around(
  observers: readonly unknown[],
  operation: object,
  run: () => unknown,
  at = 0,
): unknown {
  const observer = observers[at] as Around | undefined;
  if (!observer) return run();
  const isLast = at === observers.length - 1;
  const inner = isLast ? run : () => around(observers, operation, run, at + 1);
  return observer(operation as never, inner as () => never);
}

/** The same function, traced by the channel if anybody subscribes to it. */
function traced(
  channel: TracingChannel<unknown, object>,
  operation: object,
  run: () => unknown,
): () => unknown {
  if (!hasSubscribers(channel)) return run;
  // `tracePromise` makes a promise of what is none.
  return () => channel.tracePromise(async () => run(), operation as never);
}

/** `TracingChannel.hasSubscribers` does not exist in all versions of Node 20. */
function hasSubscribers(channel: TracingChannel<unknown, object>): boolean {
  return (
    channel.start.hasSubscribers ||
    channel.end.hasSubscribers ||
    channel.asyncStart.hasSubscribers ||
    channel.asyncEnd.hasSubscribers ||
    channel.error.hasSubscribers
  );
}

function tell<Batch>(
  observers: readonly (((batch: Batch) => void) | undefined)[],
  batch: Batch,
): void {
  for (const observer of observers) {
    try {
      const result: unknown = observer?.(batch);
      if (isThenable(result)) result.then(undefined, warnOfObserver);
    } catch (error) {
      warnOfObserver(error);
    }
  }
}

function warnOfObserver(error: unknown): void {
  warn(error, { withStack: true });
}
