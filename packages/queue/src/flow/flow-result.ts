import type { Codec } from '@redpost/core';
import { unpackElements } from '../message/packed-elements.js';
import { type MessageResult, resultOf } from '../results/message-result.js';

/** How a member of a flow has ended. */
export interface FlowResult<Value = unknown>
  extends Omit<MessageResult<Value>, 'state' | 'attempt' | 'progress'> {
  /** The id of the message. */
  readonly id: string;
  readonly state: 'done' | 'dead' | 'expired' | 'cancelled';
}

/** Reads what scripts/parts/member.lua has written of one member. */
export function flowResultOf<Value>(resultCodec: Codec, bytes: Buffer): FlowResult<Value> {
  const [id, how, field, said] = unpackElements(bytes).map((slice) => slice.bytes);
  const state = String(how) as FlowResult['state'];
  const fields = {
    state,
    attempt: 0,
    value: String(field) === 'value' ? said : undefined,
    error: String(field) === 'error' ? said : undefined,
    progress: undefined,
  };
  const { value, error } = resultOf<Value>({ resultCodec }, String(id), fields);
  const known = error === undefined ? {} : { error };
  return state === 'done' ? { id: String(id), state, value } : { id: String(id), state, ...known };
}
