import { type Argument, defineScript, type Reply, ServerError } from '@redpost/core';
import source from './publish.lua';

export interface OutgoingMessage {
  channel: string;
  payload: string | Buffer;
}

/** What became of each message: how many received it, or why Redis refused it. */
export type PublishReply = readonly (number | ServerError)[];

export const publish = defineScript<readonly OutgoingMessage[], PublishReply>({
  name: 'publish',
  lua: source,
  encode(messages) {
    const args: Argument[] = [];
    for (const { channel, payload } of messages) args.push(channel, payload);
    return { keys: [], args };
  },
  parse: (reply) => (reply as Reply[]).map(toOutcome),
});

function toOutcome(reply: Reply): number | ServerError {
  if (typeof reply === 'number') return reply;
  const text = String(reply);
  const code = /^[A-Z]+/.exec(text)?.[0] ?? 'ERR';
  return new ServerError(`Redis refused to publish: ${text}`, { reply: code });
}
