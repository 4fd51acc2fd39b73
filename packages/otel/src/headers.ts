import {
  type Context,
  propagation,
  ROOT_CONTEXT,
  type TextMapPropagator,
} from '@opentelemetry/api';

export type Propagator = Pick<TextMapPropagator, 'inject' | 'extract' | 'fields'>;
type Headers = Readonly<Record<string, string>>;

/** Headers of the W3C that have a trace, and no baggage. */
const traceOnly: ReadonlySet<string> = new Set(['traceparent', 'tracestate']);

/** The headers by which a context travels. */
export function injected(propagator: Propagator, its: Context): Record<string, string> {
  const headers: Record<string, string> = {};
  propagator.inject(its, headers, setter);
  return headers;
}

/** The context that has come with a message. */
export function extracted(propagator: Propagator, headers: Headers): Context {
  return propagator.extract(ROOT_CONTEXT, headers, getter);
}

/** False for a propagator that carries a trace only. */
export function carriesBaggage(propagator: Propagator): boolean {
  return propagator.fields().some((name) => !traceOnly.has(name));
}

/** A context with the baggage that has come with a message, if any has. */
export function withBaggage(propagator: Propagator, headers: Headers, its: Context): Context {
  for (const name in headers) {
    if (traceOnly.has(name)) continue;
    const baggage = propagation.getBaggage(extracted(propagator, headers));
    return baggage ? propagation.setBaggage(its, baggage) : its;
  }
  return its;
}

const setter = {
  set(carrier: Record<string, string>, key: string, value: string) {
    carrier[key] = value;
  },
};

const getter = {
  get: (carrier: Headers, key: string) => carrier[key],
  keys: (carrier: Headers) => Object.keys(carrier),
};
