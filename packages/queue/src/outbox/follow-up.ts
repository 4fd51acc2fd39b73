import { InvalidArgumentError, shown } from '@redpost/core';
import type { Outgoing } from '../sending/outgoing.js';
import type { SendOptions } from '../sending/send-options.js';

const notSupported = ['once', 'throttle', 'debounce', 'replicas'] as const;
const notOfMembers = [...notSupported, 'bare'] as const;

/** A message that is sent when another one is acknowledged: both happen, or neither. */
export interface FollowUp extends Omit<SendOptions, (typeof notSupported)[number]> {
  /** The `Queue` that it goes to. It is in the same Redis, in any slot of a Cluster. */
  queue: { readonly name: string };
  body: unknown;
}

/** A follow-up as the script that acknowledges takes it. */
export interface PreparedFollowUp
  extends Pick<Outgoing, 'id' | 'element' | 'delayMs' | 'at' | 'ttlMs' | 'isPlain'> {
  /** The list of the queue or of one of its partitions. */
  target: string;
}

/** Makes a message of a queue ready to be sent. Returns a promise only if its schema is asynchronous. */
type Prepare = (
  body: unknown,
  options: SendOptions,
  /** The flow that it is a member of, as headers name it; '' for none. */
  flow: string,
) => Outgoing | Promise<Outgoing>;

/** How many messages may follow one. */
const most = 100;

/** A queue as what sends follow-ups to it knows it. */
interface Target {
  prepare: Prepare;
  /** The list that a message which is ready goes to. */
  listFor(message: Outgoing): string;
  /** Resolves when it is known to which lists messages go. */
  learn(): Promise<void>;
}

const targets = new WeakMap<object, Target>();

/** Messages may be sent to this queue as follow-ups. */
export function acceptFollowUps(queue: object, target: Target): void {
  targets.set(queue, target);
}

/** What this queue does before its first send: it divides itself. Nothing if it is only named, or not of this package. */
export function beforeSends(queue: unknown): Promise<void> | undefined {
  return targets.get(queue as object)?.learn();
}

/**
 * Makes follow-ups ready to be sent.
 *
 * @throws InvalidArgumentError for what cannot be sent so; and what `send` throws: nothing is changed.
 */
export async function prepareFollowUps(followUps: unknown): Promise<PreparedFollowUp[]> {
  if (!Array.isArray(followUps) || followUps.length > most) {
    throw new InvalidArgumentError(
      `send is a list of at most ${most} messages, got ${shown(followUps)}`,
    );
  }
  return Promise.all(
    followUps.map((followUp) => prepareFollowUp(followUp, 'What is sent with an acknowledgement')),
  );
}

/**
 * Makes one ready to be sent. Returns a promise only if the schema of its queue is asynchronous.
 *
 * @param what says what it is, for errors.
 * @param flow that it is a member of, as headers name it: it needs a header.
 */
export function prepareFollowUp(
  followUp: FollowUp,
  what: string,
  flow?: string,
): PreparedFollowUp | Promise<PreparedFollowUp> {
  const { queue, body, ...options } = followUp ?? {};
  const target = queue && targets.get(queue);
  if (!target) {
    throw new InvalidArgumentError(
      `${flow === undefined ? 'Each message of send' : what} has a queue, an object of the class Queue of this package, got ${shown(queue)}`,
    );
  }
  const never = flow === undefined ? notSupported : notOfMembers;
  const refused = never.find((name) => (options as SendOptions)[name] !== undefined);
  if (refused) {
    throw new InvalidArgumentError(`${what} cannot have ${refused}`);
  }
  const prepared = target.prepare(body, options, flow ?? '');
  if (prepared instanceof Promise) return prepared.then((message) => forTarget(target, message));
  return forTarget(target, prepared);
}

function forTarget(target: Target, message: Outgoing): PreparedFollowUp {
  const { id, element, delayMs, at, ttlMs, isPlain } = message;
  return { target: target.listFor(message), id, element, delayMs, at, ttlMs, isPlain };
}
