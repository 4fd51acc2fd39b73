import { type Span, TraceFlags } from '@opentelemetry/api';
import { nextTick } from '@redpost/core/consuming';
import { names } from './attributes.js';
import { endSpan } from './end-span.js';

/** One span for the calls of a tick, which ends when the last of them does. */
export class SpanOfTick {
  readonly span: Span;
  /** See {@link isUnseen}. */
  readonly isUnseen: boolean;
  /** What the messages of these calls carry. */
  readonly headers: Record<string, string>;
  #calls = 0;
  #running = 0;
  #isClosed = false;
  #error: unknown;
  #result: unknown;

  /** @param closed called when further calls are no longer among them. */
  constructor(span: Span, headers: Record<string, string>, closed: () => void) {
    this.span = span;
    this.isUnseen = isUnseen(span);
    this.headers = headers;
    nextTick(() => {
      closed();
      this.#isClosed = true;
      this.#endWithLast();
    });
  }

  begun(): void {
    this.#calls += 1;
    this.#running += 1;
  }

  /** @param result what the call has resolved to: the id of the message. */
  ended(result: unknown, error?: unknown): void {
    this.#result = result;
    this.#error ??= error;
    this.#running -= 1;
    this.#endWithLast();
  }

  #endWithLast(): void {
    if (!this.#isClosed || this.#running > 0 || !this.span.isRecording()) return;
    if (this.#calls > 1) this.span.setAttribute(names.batchCount, this.#calls);
    else if (typeof this.#result === 'string') {
      this.span.setAttribute(names.messageId, this.#result);
    }
    endSpan(this.span, this.#error);
  }
}

/** True for a span that nobody ever sees: neither is it recorded, nor are spans that would be its children. */
export function isUnseen(span: Span): boolean {
  return !span.isRecording() && (span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0;
}
