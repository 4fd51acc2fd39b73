import { context, ROOT_CONTEXT, type Span, SpanKind, type Tracer, trace } from '@opentelemetry/api';
import type { SendOperation } from '@redpost/core';
import { names } from './attributes.js';
import { endSpan } from './end-span.js';
import { injected, type Propagator } from './headers.js';
import type { Place } from './places.js';
import { isUnseen, SpanOfTick } from './span-of-tick.js';

/** Makes the spans of calls that send or publish. */
export class Sends {
  readonly #tracer: Tracer;
  readonly #propagator: Propagator;

  constructor(tracer: Tracer, propagator: Propagator) {
    this.#tracer = tracer;
    this.#propagator = propagator;
  }

  around<Result>(
    place: Place,
    operation: SendOperation,
    run: () => Promise<Result>,
  ): Promise<Result> {
    // Outside of all spans, there is nothing to be part of: such calls of a tick, which are sent together, share one span.
    // To make a span costs as much as to send a message, even if it is not sampled.
    const isOutside = context.active() === ROOT_CONTEXT;
    if (isOutside && operation.count === 1) return this.#together(place, operation, run);
    return this.#alone(place, operation, run, isOutside);
  }

  #together<Result>(
    place: Place,
    operation: SendOperation,
    run: () => Promise<Result>,
  ): Promise<Result> {
    place.together ??= this.#openTogether(place);
    const { together } = place;
    if (together.isUnseen) return run();
    if (operation.headers) Object.assign(operation.headers, together.headers);
    return among(together, run);
  }

  #openTogether(place: Place): SpanOfTick {
    const span = this.#start(place);
    const its = trace.setSpan(ROOT_CONTEXT, span);
    return new SpanOfTick(span, injected(this.#propagator, its), () => {
      place.together = undefined;
    });
  }

  #alone<Result>(
    place: Place,
    { count, headers }: SendOperation,
    run: () => Promise<Result>,
    isOutside: boolean,
  ): Promise<Result> {
    const span = this.#start(place);
    if (isOutside && isUnseen(span)) return run();
    const its = trace.setSpan(context.active(), span);
    if (headers) Object.assign(headers, injected(this.#propagator, its));
    if (!span.isRecording()) return context.with(its, run);
    if (count > 1) span.setAttribute(names.batchCount, count);
    return recorded(span, () => context.with(its, run));
  }

  #start({ spanName, attributes }: Place): Span {
    return this.#tracer.startSpan(spanName, { kind: SpanKind.PRODUCER, attributes });
  }
}

/**
 * The span is not the active one meanwhile: there is no span that others could expect around it, and a context that is entered once
 * slows down all promises of the process for good, before Node 24.
 */
async function among<Result>(together: SpanOfTick, run: () => Promise<Result>): Promise<Result> {
  together.begun();
  try {
    const result = await run();
    together.ended(result);
    return result;
  } catch (error) {
    together.ended(undefined, error);
    throw error;
  }
}

async function recorded<Result>(span: Span, run: () => Promise<Result>): Promise<Result> {
  try {
    const result = await run();
    if (typeof result === 'string') span.setAttribute(names.messageId, result);
    endSpan(span, failureAmong(result));
    return result;
  } catch (error) {
    endSpan(span, error);
    throw error;
  }
}

/** The first failure of a batch, whose call itself does not fail. */
function failureAmong(result: unknown): unknown {
  if (!Array.isArray(result)) return undefined;
  const failed = result.find(({ status }) => status === 'failed' || status === 'rejected');
  return failed && (failed.error ?? failed.reason);
}
