import { type Argument, defineScript, type Script, type ScriptDefinition } from '@redpost/core';
import type { QueueKeys } from '../keys.js';
import { listOutgoingPart, outgoingPart } from './parts/parts.js';
import { looksFirstAtPlaces, namedKeys, placeArgs, placeKeys } from './script-keys.js';
import source from './send.lua';

/** What a script that sends needs to know of a message. */
export interface SentMessage {
  element: string | Buffer;
  /** 0 for none. */
  delayMs: number;
  /** When it is due, by the server's clock, instead of a delay; 0 or undefined for none. */
  at?: number;
  /** Counted from when it is due; 0 for none. */
  ttlMs: number;
}

export interface SendInput {
  keys: QueueKeys;
  messages: readonly SentMessage[];
}

/** A message as arguments of a script that sends it, or posts it for another queue. */
export function messageArgument({ delayMs, at, ttlMs, element }: SentMessage): Argument[] {
  return [at ? `@${at}` : delayMs, ttlMs, element];
}

/** The messages as arguments of a script that uses the part `outgoing`. */
export function messageArguments({ messages }: SendInput): Argument[] {
  return messages.flatMap(messageArgument);
}

/** Of messages that have neither priorities nor keys. */
export const send = defineSend('send', {
  uses: [listOutgoingPart],
  keys: namedKeys('list', 'delayed'),
  args: { signal: ({ keys }) => keys.signal },
});

/** Of messages that may have priorities or keys. */
export const sendPlaced = defineSend('send-placed', {
  uses: [outgoingPart],
  keys: namedKeys('list', 'delayed', ...placeKeys),
  args: placeArgs,
});

/** The result are the places of the messages that were refused, because their keys are full. */
function defineSend(
  name: string,
  parts: Pick<ScriptDefinition<SendInput, number[]>, 'uses' | 'keys' | 'args'>,
): Script<SendInput, number[]> {
  return defineScript<SendInput, number[]>({
    name,
    ...parts,
    rest: messageArguments,
    lua: source,
    looksFirst: looksFirstAtPlaces,
    parse: (reply) => placesIn(reply as number[]),
  });
}

/** Lua counts from 1. */
export function placesIn(numbers: readonly number[]): number[] {
  return numbers.map((number) => number - 1);
}
