import {
  type Attributes,
  type Context,
  context,
  type Link,
  type MeterProvider,
  metrics,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapPropagator,
  type Tracer,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import {
  type HandleOperation,
  InvalidArgumentError,
  type NamesOf,
  type ObservedMessage,
  type Observer,
  observe,
  type ReceiveOperation,
  refuseUnknownOptions,
  type SendOperation,
  type Unlisten,
} from '@redpost/core';
import { performance } from '@redpost/core/consuming';
import { attributesOf, errorType, names } from './attributes.js';
import { Metrics } from './metrics.js';

/** The name under which spans and metrics are made. */
const scope = '@redpost/otel';

/** How {@link observeWithOpenTelemetry} traces and measures. */
export interface TelemetryOptions {
  /** Makes the spans. Default: the global provider. */
  tracerProvider?: TracerProvider | undefined;
  /** Makes the metrics. Default: the global provider. */
  meterProvider?: MeterProvider | undefined;
  /** Writes the context into headers, and reads it. Default: the global propagator. */
  propagator?: TextMapPropagator | undefined;
  /**
   * Whether the span of a handler is in the trace of the send, as a child of its span. Default false: it begins a trace of its own,
   * which has a link to the span of the send, as the conventions recommend. Spans of batches have links in both cases.
   */
  sameTrace?: boolean | undefined;
}

const optionNames: NamesOf<TelemetryOptions> = {
  tracerProvider: true,
  meterProvider: true,
  propagator: true,
  sameTrace: true,
};

/**
 * Traces and measures all queues, topics and channels of this process with OpenTelemetry, until the returned function is
 * called: a span for each call that sends or publishes, whose context travels in the headers of the messages; a span for each
 * call of a handler, which is the active one while the handler runs; and the metrics of the messaging conventions.
 *
 * ```ts
 * observeWithOpenTelemetry();
 * ```
 *
 * @throws InvalidArgumentError for an option that cannot work.
 */
export function observeWithOpenTelemetry(options: TelemetryOptions = {}): Unlisten {
  refuseUnknownOptions('observeWithOpenTelemetry()', options, optionNames);
  const { sameTrace = false } = options;
  if (typeof sameTrace !== 'boolean') {
    throw new InvalidArgumentError('sameTrace is true or false');
  }
  return observe(new Telemetry({ ...options, sameTrace }));
}

class Telemetry implements Observer {
  readonly #tracer: Tracer;
  readonly #metrics: Metrics;
  readonly #propagator: Pick<TextMapPropagator, 'inject' | 'extract'>;
  readonly #sameTrace: boolean;

  constructor(options: TelemetryOptions & { sameTrace: boolean }) {
    const { tracerProvider = trace, meterProvider = metrics, propagator, sameTrace } = options;
    this.#tracer = tracerProvider.getTracer(scope);
    this.#metrics = new Metrics(meterProvider.getMeter(scope));
    this.#propagator = propagator ?? (propagation as unknown as TextMapPropagator);
    this.#sameTrace = sameTrace;
  }

  async send<Result>(operation: SendOperation, run: () => Promise<Result>): Promise<Result> {
    const { method, count, headers, name } = operation;
    const attributes = attributesOf(operation, method, 'send');
    const span = this.#tracer.startSpan(`${method} ${name}`, {
      kind: SpanKind.PRODUCER,
      attributes: count === 1 ? attributes : { ...attributes, [names.batchCount]: count },
    });
    const its = trace.setSpan(context.active(), span);
    if (headers) this.#propagator.inject(its, headers, setter);
    const ended = this.#measured(span, attributes, (durationMs, measured) => {
      this.#metrics.operationTook(durationMs, measured);
      this.#metrics.sent.add(count, measured);
    });
    try {
      const result = await context.with(its, run);
      if (method === 'send' && typeof result === 'string') {
        span.setAttribute(names.messageId, result);
      }
      ended(failureAmong(result));
      return result;
    } catch (error) {
      ended(error);
      throw error;
    }
  }

  handle(operation: HandleOperation, run: () => unknown): unknown {
    const { messages, isBatch, name } = operation;
    const attributes = attributesOf(operation, 'process', 'process');
    const origins = messages.map((message) => this.#originOf(message));
    const [origin = ROOT_CONTEXT] = origins;
    const isChild = this.#sameTrace && !isBatch && trace.getSpanContext(origin) !== undefined;
    const span = this.#tracer.startSpan(
      `process ${name}`,
      {
        kind: SpanKind.CONSUMER,
        attributes: { ...attributes, ...messageAttributes(messages, isBatch) },
        links: isChild ? [] : linksTo(origins),
      },
      isChild ? origin : context.active(),
    );
    const ended = this.#measured(span, attributes, (durationMs, measured) => {
      this.#metrics.processTook(durationMs, measured);
      this.#metrics.consumed.add(messages.length, measured);
    });
    // Baggage of the sender is there for the handler, too.
    const base = isBatch ? context.active() : inherited(origin, context.active());
    return settled(() => context.with(trace.setSpan(base, span), run), ended);
  }

  async receive<Result>(operation: ReceiveOperation, run: () => Promise<Result>): Promise<Result> {
    const attributes = attributesOf(operation, 'receive', 'receive');
    const startedAt = new Date();
    const begun = performance.now();
    try {
      const result = await run();
      const { messages } = operation;
      // A wait in which nothing came is no operation.
      if (messages.length === 0) return result;
      const span = this.#tracer.startSpan(`receive ${operation.name}`, {
        kind: SpanKind.CLIENT,
        startTime: startedAt,
        attributes: { ...attributes, [names.batchCount]: messages.length },
        links: linksTo(messages.map((message) => this.#originOf(message))),
      });
      span.end();
      this.#metrics.operationTook(performance.now() - begun, attributes);
      this.#metrics.consumed.add(messages.length, attributes);
      return result;
    } catch (error) {
      this.#metrics.operationTook(performance.now() - begun, {
        ...attributes,
        [names.error]: errorType(error),
      });
      throw error;
    }
  }

  #originOf({ headers }: ObservedMessage): Context {
    return this.#propagator.extract(ROOT_CONTEXT, headers, getter);
  }

  /** Returns what ends the span, and measures how long it took. */
  #measured(
    span: Span,
    attributes: Attributes,
    measure: (durationMs: number, attributes: Attributes) => void,
  ): (error?: unknown) => void {
    const begun = performance.now();
    return (error) => {
      let measured = attributes;
      if (error !== undefined) {
        const type = errorType(error);
        measured = { ...attributes, [names.error]: type };
        span.setAttribute(names.error, type);
        span.setStatus({
          code: SpanStatusCode.ERROR,
          message: String(Object(error).message ?? ''),
        });
        span.recordException(error as Error);
      }
      span.end();
      measure(performance.now() - begun, measured);
    };
  }
}

const setter = {
  set(carrier: Record<string, string>, key: string, value: string) {
    carrier[key] = value;
  },
};

const getter = {
  get: (carrier: Readonly<Record<string, string>>, key: string) => carrier[key],
  keys: (carrier: Readonly<Record<string, string>>) => Object.keys(carrier),
};

function linksTo(origins: readonly Context[]): Link[] {
  return origins.flatMap((origin) => {
    const spanContext = trace.getSpanContext(origin);
    return spanContext ? [{ context: spanContext }] : [];
  });
}

function messageAttributes(messages: readonly ObservedMessage[], isBatch: boolean): Attributes {
  if (isBatch) return { [names.batchCount]: messages.length };
  const [{ id, attempt } = {} as Partial<ObservedMessage>] = messages;
  return {
    ...(id !== undefined && { [names.messageId]: id }),
    ...(attempt !== undefined && { 'redpost.attempt': attempt }),
  };
}

/** The active context with the baggage of the sender, if there is any. */
function inherited(origin: Context, active: Context): Context {
  const baggage = propagation.getBaggage(origin);
  return baggage ? propagation.setBaggage(active, baggage) : active;
}

/** The first failure of a batch, whose call itself does not fail. */
function failureAmong(result: unknown): unknown {
  if (!Array.isArray(result)) return undefined;
  const failed = result.find(({ status }) => status === 'failed' || status === 'rejected');
  return failed && (failed.error ?? failed.reason);
}

/** Calls a function, and `ended` when it is through. Returns what it returns, which may be no promise. */
function settled(call: () => unknown, ended: (error?: unknown) => void): unknown {
  let result: unknown;
  try {
    result = call();
  } catch (error) {
    ended(error ?? new Error('unknown'));
    throw error;
  }
  if (typeof (result as PromiseLike<unknown> | undefined)?.then !== 'function') {
    ended();
    return result;
  }
  return (async () => {
    try {
      const value = await (result as PromiseLike<unknown>);
      ended();
      return value;
    } catch (error) {
      ended(error ?? new Error('unknown'));
      throw error;
    }
  })();
}
