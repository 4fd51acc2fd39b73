import { type Span, SpanStatusCode } from '@opentelemetry/api';
import { errorType, names } from './attributes.js';

/** Ends a span. @param error why its call has failed; undefined when it has not. */
export function endSpan(span: Span, error?: unknown): void {
  if (error !== undefined) {
    span.setAttribute(names.error, errorType(error));
    const message = String((Object(error) as { message?: unknown }).message ?? '');
    span.setStatus({ code: SpanStatusCode.ERROR, message });
    span.recordException(error as Error);
  }
  span.end();
}
