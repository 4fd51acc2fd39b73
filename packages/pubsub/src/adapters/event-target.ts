/**
 * Subscriptions as an `EventTarget`.
 *
 * @module @redpost/pubsub/event-target
 */

import { asError, type NamesOf, refuseUnknownOptions } from '@redpost/core';
import { inThisContext, outsideContext, warn } from '@redpost/core/consuming';
import type { AnyPubSub } from '../pubsub.js';
import type { Subscription } from '../subscribing/subscription.js';

/** An event whose `type` is a channel and whose `detail` is a body. */
export interface ChannelEvent<Body = unknown> extends Event {
  readonly detail: Body;
}

type Callback<Body> = (event: ChannelEvent<Body>) => unknown;
type Listener<Body> = Callback<Body> | { handleEvent: Callback<Body> };

/** The part of `EventTarget` that libraries such as graphql-yoga's `createPubSub` use. */
export interface ChannelEventTarget<Body = unknown> {
  /** Subscribes to the channel `type` with its first listener. */
  addEventListener(type: string, listener: Listener<Body> | null): void;
  /** Unsubscribes from the channel with its last listener. */
  removeEventListener(type: string, listener: Listener<Body> | null): void;
  /** Publishes `event.detail` to the channel `event.type`. */
  dispatchEvent(event: Event): boolean;
}

/** Options of an event target. */
export interface EventTargetOptions {
  /** Gets the errors, which none of the methods can report. Default: a process warning. */
  onError?: ((error: Error) => void) | undefined;
}

const optionNames: NamesOf<EventTargetOptions> = { onError: true };

interface Channel<Body> {
  /** Each listener with the function that calls it in the context in which it was added. */
  readonly listeners: Map<Listener<Body>, Callback<Body>>;
  readonly subscription: Promise<Subscription<unknown> | undefined>;
}

/** Channels as an `EventTarget`: `createPubSub({ eventTarget: eventTarget(pubsub) })`. */
export function eventTarget<Body = unknown>(
  pubsub: AnyPubSub<Body>,
  options: EventTargetOptions = {},
): ChannelEventTarget<Body> {
  refuseUnknownOptions('eventTarget()', options, optionNames);
  const onError = inThisContext(options.onError ?? warn);
  const channels = new Map<string, Channel<Body>>();

  function open(type: string): Channel<Body> {
    const listeners: Channel<Body>['listeners'] = new Map();
    const subscription = pubsub
      .subscribe(type, {
        onMessage({ body }) {
          const event = new CustomEvent(type, { detail: body }) as ChannelEvent<Body>;
          for (const tell of [...listeners.values()]) tell(event);
        },
      })
      .then((its) => {
        its.on('error', onError);
        // It may have overflowed: a later listener has to subscribe again.
        its.on('closed', forget);
        return its;
      })
      .catch((error) => {
        forget();
        onError(asError(error));
        return undefined;
      });
    const channel: Channel<Body> = { listeners, subscription };
    const forget = () => {
      if (channels.get(type) === channel) channels.delete(type);
    };
    channels.set(type, channel);
    return channel;
  }

  function teller(listener: Listener<Body>): Callback<Body> {
    return inThisContext((event) => {
      try {
        if (typeof listener === 'function') listener(event);
        else listener.handleEvent(event);
      } catch (error) {
        onError(asError(error));
      }
    });
  }

  return {
    addEventListener(type, listener) {
      if (!listener) return;
      const { listeners } = channels.get(type) ?? outsideContext(() => open(type));
      if (!listeners.has(listener)) listeners.set(listener, teller(listener));
    },
    removeEventListener(type, listener) {
      const channel = channels.get(type);
      if (!channel || !listener || !channel.listeners.delete(listener)) return;
      if (channel.listeners.size > 0) return;
      channels.delete(type);
      void channel.subscription.then((subscription) => subscription?.close());
    },
    dispatchEvent(event) {
      const { type, detail } = event as ChannelEvent<Body>;
      pubsub.publish(type, detail).catch((error) => onError(asError(error)));
      return true;
    },
  };
}
