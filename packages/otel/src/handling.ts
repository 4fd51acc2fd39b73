import {
  type Attributes,
  type Context,
  context,
  type Link,
  type Span,
  SpanKind,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type {
  HandleOperation,
  ObservedMessage,
  ReceivedTogether,
  ReceiveOperation,
} from '@redpost/core';
import { afterwards } from './afterwards.js';
import { names } from './attributes.js';
import { endSpan } from './end-span.js';
import { carriesBaggage, extracted, type Propagator, withBaggage } from './headers.js';
import type { Place, Places } from './places.js';

/** The span of messages that have come together. */
interface ReceiveSpan {
  received: ReceivedTogether;
  isRecording: boolean;
  context: Context;
  /** False when the propagator reads no baggage, so that headers need not be read for it. */
  mayHaveBaggage: boolean;
  /** True when the handlers of all of them run in this context, whatever their headers are. */
  isOfAll: boolean;
}

/** Makes the spans of calls of handlers, and of calls that receive. */
export class Handling {
  readonly #tracer: Tracer;
  readonly #propagator: Propagator;
  readonly #places: Places;
  readonly #sameTrace: boolean;
  /** The property of what has come together that has its span: a `WeakMap` of them would cost more than all else here, in collecting garbage. */
  readonly #spanOf = Symbol('span');
  /** The last one, since handlers of messages that have come together often follow each other. */
  #last: ReceiveSpan | undefined;

  constructor(tracer: Tracer, propagator: Propagator, places: Places, sameTrace: boolean) {
    this.#tracer = tracer;
    this.#propagator = propagator;
    this.#places = places;
    this.#sameTrace = sameTrace;
  }

  /** The context of the handler, if it is known without a look at its message: as that of most is, while few are sampled. */
  contextFor({ received }: HandleOperation): Context | undefined {
    const last = this.#last;
    return last?.isOfAll && last.received === received ? last.context : undefined;
  }

  around(place: Place, operation: HandleOperation, run: () => unknown): unknown {
    const { isBatch, received } = operation;
    if (!isBatch && this.#sameTrace) {
      const origin = extracted(this.#propagator, headersOf(operation));
      if (trace.getSpanContext(origin)) return this.#process(place, operation, origin, run, true);
    }
    if (isBatch || !received || received.count === 1) {
      return this.#process(place, operation, context.active(), run);
    }
    // To make a span costs as much as to handle a message. So those that have come together have one that decides for all.
    const together = this.#receiveSpan(place, operation, received);
    if (together.isRecording) return this.#process(place, operation, together.context, run);
    const { mayHaveBaggage, context: its } = together;
    if (!mayHaveBaggage) return context.with(its, run);
    return context.with(withBaggage(this.#propagator, headersOf(operation), its), run);
  }

  /** Makes the span of a call that has received these messages. */
  received(place: Place, { messages }: ReceiveOperation, startTime: Date): void {
    const span = this.#startReceive(place, messages.length, startTime);
    if (span.isRecording()) span.addLinks(this.#linksTo(messages));
    span.end();
  }

  #receiveSpan(place: Place, operation: HandleOperation, received: ReceivedTogether): ReceiveSpan {
    if (this.#last?.received === received) return this.#last;
    const spans = received as ReceivedTogether & { [of: symbol]: ReceiveSpan };
    this.#last = spans[this.#spanOf] ??= this.#openReceive(place, operation, received);
    return this.#last;
  }

  #openReceive(place: Place, operation: HandleOperation, received: ReceivedTogether): ReceiveSpan {
    place.receiving ??= this.#places.of(operation, 'receive');
    const span = this.#startReceive(place.receiving, received.count);
    const its = trace.setSpan(context.active(), span);
    const isRecording = span.isRecording();
    span.end();
    const mayHaveBaggage = carriesBaggage(this.#propagator);
    const isOfAll = !isRecording && !mayHaveBaggage && !this.#sameTrace;
    return { received, isRecording, context: its, mayHaveBaggage, isOfAll };
  }

  #startReceive({ spanName, attributes }: Place, count: number, startTime?: Date): Span {
    return this.#tracer.startSpan(spanName, {
      kind: SpanKind.CLIENT,
      attributes: { [names.batchCount]: count, ...attributes },
      ...(startTime && { startTime }),
    });
  }

  /** @param isChild true when the parent is the span of the send, which then needs no link. */
  #process(
    { spanName, attributes }: Place,
    { messages, isBatch }: HandleOperation,
    parent: Context,
    run: () => unknown,
    isChild = false,
  ): unknown {
    const options = { kind: SpanKind.CONSUMER, attributes };
    const span = this.#tracer.startSpan(spanName, options, parent);
    const its = trace.setSpan(this.#base(messages, isBatch), span);
    if (!span.isRecording()) return context.with(its, run);
    span.setAttributes(messageAttributes(messages, isBatch));
    if (!isChild) span.addLinks(this.#linksTo(messages));
    return afterwards(
      () => context.with(its, run),
      (error) => endSpan(span, error),
    );
  }

  /** The active context, with the baggage of the sender. A batch may have many senders. */
  #base([message]: readonly ObservedMessage[], isBatch: boolean): Context {
    if (isBatch || !message) return context.active();
    return withBaggage(this.#propagator, message.headers, context.active());
  }

  #linksTo(messages: readonly ObservedMessage[]): Link[] {
    return messages.flatMap(({ headers }) => {
      const spanContext = trace.getSpanContext(extracted(this.#propagator, headers));
      return spanContext ? [{ context: spanContext }] : [];
    });
  }
}

/** The headers of the only message of this call. */
function headersOf({ messages }: HandleOperation): ObservedMessage['headers'] {
  return (messages[0] as ObservedMessage).headers;
}

function messageAttributes(messages: readonly ObservedMessage[], isBatch: boolean): Attributes {
  if (isBatch) return { [names.batchCount]: messages.length };
  const [{ id, attempt } = {} as Partial<ObservedMessage>] = messages;
  return {
    ...(id !== undefined && { [names.messageId]: id }),
    ...(attempt !== undefined && { 'redpost.attempt': attempt }),
  };
}
