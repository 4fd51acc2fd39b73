import { type Argument, defineScript, type Reply, ServerError } from '@redpost/core';
import source from './publish.lua';

export interface OutgoingMessage {
  channel: string;
  payload: string | Buffer;
}

/** The result of each message: how many received it, or why Redis refused it. */
export type PublishReply = readonly (number | ServerError)[];

export interface PublishInput {
  messages: readonly OutgoingMessage[];
  verb: PublishVerb;
  /** In a Cluster: the sharded channel of all messages. */
  key?: string | undefined;
}

export type PublishVerb = 'PUBLISH' | 'SPUBLISH';

export const publish = defineScript<PublishInput, PublishReply>({
  name: 'publish',
  keys: { sharded: ({ key }) => key },
  args: { verb: ({ verb }) => verb, lengths: ({ messages }) => runsOf(messages) },
  rest({ messages }) {
    const args: Argument[] = [];
    let last: string | undefined;
    for (const { channel, payload } of messages) {
      if (channel !== last) args.push(channel);
      last = channel;
      args.push(payload);
    }
    return args;
  },
  lua: source,
  parse(reply) {
    const outcomes: (number | ServerError)[] = [];
    const runs = reply as Reply[];
    for (let at = 0; at < runs.length; at += 2) {
      const outcome = toOutcome(runs[at] as Reply);
      for (let times = Number(runs[at + 1]); times > 0; times -= 1) outcomes.push(outcome);
    }
    return outcomes;
  },
});

/** The lengths of the runs of messages for the same channel, separated by spaces. */
function runsOf(messages: readonly OutgoingMessage[]): string {
  const lengths: number[] = [];
  let last: string | undefined;
  for (const { channel } of messages) {
    if (channel === last) lengths[lengths.length - 1] = (lengths.at(-1) ?? 0) + 1;
    else lengths.push(1);
    last = channel;
  }
  return lengths.join(' ');
}

function toOutcome(reply: Reply): number | ServerError {
  if (typeof reply === 'number') return reply;
  const text = String(reply);
  const code = /^[A-Z]+/.exec(text)?.[0] ?? 'ERR';
  return new ServerError(`Redis refused to publish: ${text}`, { reply: code });
}
