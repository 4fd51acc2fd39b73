import type { Attributes } from '@opentelemetry/api';
import type { Destination } from '@redpost/core';
import { attributesOf, errorType, names } from './attributes.js';
import type { SpanOfTick } from './span-of-tick.js';

/** How many places have metrics of their own. Names of channels may be unbounded. */
const mostPlaces = 2000;
/** What further names are counted under. */
const otherName = '_other';

/** A kind of call at one destination: what its spans and metrics have in common, made once. */
export class Place {
  /** The name of its spans. */
  readonly spanName: string;
  /** The attributes of its spans. */
  readonly attributes: Attributes;
  /** The attributes of its metrics. */
  readonly measured: Attributes;
  /** The span of the calls of this tick that were made outside of all spans, once there was one. */
  together: SpanOfTick | undefined;
  /** For calls of handlers: where their messages are received, once it was asked for. */
  receiving: Place | undefined;
  readonly #failures: Map<string, Attributes>;

  /** @param other whose metrics it shares, if it has none of its own. */
  constructor(destination: Destination, operation: string, other?: Place) {
    this.spanName = `${operation} ${destination.name}`;
    this.attributes = attributesOf(destination, operation);
    this.measured = other?.attributes ?? this.attributes;
    this.#failures = other ? other.#failures : new Map();
  }

  /** The attributes of its metrics for calls that have failed with this. */
  failed(error: unknown): Attributes {
    const type = errorType(error);
    const known = this.#failures.get(type);
    if (known) return known;
    const attributes = { ...this.measured, [names.error]: type };
    this.#failures.set(type, attributes);
    return attributes;
  }
}

/** The places of this process. */
export class Places {
  readonly #places = new Map<string, Place>();
  /** The last one, since calls at one place often follow each other. */
  #last: { destination: Destination; operation: string; place: Place } | undefined;

  of(destination: Destination, operation: string): Place {
    const last = this.#last;
    if (last && last.operation === operation && isSame(last.destination, destination)) {
      return last.place;
    }
    const place = this.#find(destination, operation);
    this.#last = { destination, operation, place };
    return place;
  }

  #find(destination: Destination, operation: string): Place {
    const { kind, name, group, address } = destination;
    const key = JSON.stringify([operation, kind, name, group, address]);
    const known = this.#places.get(key);
    if (known) return known;
    if (name !== otherName && this.#places.size >= mostPlaces) {
      const other = this.#find({ kind, name: otherName, address }, operation);
      return new Place(destination, operation, other);
    }
    const place = new Place(destination, operation);
    this.#places.set(key, place);
    return place;
  }
}

function isSame(one: Destination, other: Destination): boolean {
  return (
    one.name === other.name &&
    one.kind === other.kind &&
    one.group === other.group &&
    one.address === other.address
  );
}
