import { type Argument, defineScript, type ScriptDefinition } from '@redpost/core';
import { clockPart, writeBeforeGrowingPart } from '@redpost/core/consuming';
import type { FlowOver } from '../flow/flow-end.js';
import { packFields } from '../flow/pack-fields.js';
import type { QueueKeys } from '../keys.js';
import type { PreparedFollowUp } from '../outbox/follow-up.js';
import flowCancelSource from './flow-cancel.lua';
import flowCloseSource from './flow-close.lua';
import flowIdleSource from './flow-idle.lua';
import flowOpenSource from './flow-open.lua';
import flowSendSource from './flow-send.lua';
import { flowPart } from './parts/parts.js';
import { flowArgs, flowKeys, looksFirstButAtKeys, namedKeys } from './script-keys.js';

interface FlowInput {
  keys: QueueKeys;
  id: string;
}

/** What is known of a flow: '' for one that is not over, undefined for none. */
export type FlowStanding = FlowOver | '' | undefined;

/** Members for a queue, packed; or a flow whose continuation is to be a member, with its fields as MessagePack. */
export type MembersToSend =
  | { target: string; count: number; packed: Buffer }
  | { target: string; opens: string; packed: Buffer };

/** Packs members, which are for one queue, as `send_members` in parts/flow.lua takes them. */
export function packMembers(members: readonly PreparedFollowUp[]): Buffer {
  const fields: (string | Buffer)[] = [];
  for (const { delayMs, at, ttlMs, element, isPlain } of members) {
    const delay = isPlain ? '' : at ? `@${at}` : String(delayMs);
    fields.push(delay, String(ttlMs), element);
  }
  return packFields(fields);
}

function defineFlowScript<Input extends { keys: QueueKeys }, Result>(
  definition: Pick<ScriptDefinition<Input, Result>, 'name' | 'lua' | 'parse' | 'uses'> & {
    args: Record<string, (input: Input) => Argument>;
    rest?: (input: Input) => Argument[];
  },
) {
  const { uses = [], args, rest = () => [] } = definition;
  return defineScript<Input, Result>({
    ...definition,
    uses: [clockPart, ...uses, flowPart],
    keys: namedKeys(...flowKeys),
    args: { ...flowArgs, ...args },
    rest,
    looksFirst: looksFirstButAtKeys,
  });
}

const id = ({ id }: FlowInput) => id;

function standingOf(reply: unknown): FlowStanding {
  return reply === null ? undefined : (String(reply) as FlowStanding);
}

/** Whether there was none with this id. */
export const flowOpen = defineFlowScript<FlowInput & { fields: readonly Argument[] }, boolean>({
  name: 'flow-open',
  args: { id },
  rest: ({ fields }) => [...fields],
  lua: flowOpenSource,
  parse: (reply) => reply === 1,
});

export const flowSend = defineFlowScript<
  FlowInput & { members: readonly MembersToSend[] },
  FlowStanding
>({
  name: 'flow-send',
  args: { id },
  rest: ({ members }) =>
    members.flatMap((member) =>
      'opens' in member
        ? [member.target, 'flow:open', member.opens, member.packed]
        : [member.target, 'flow:members', member.count, member.packed],
    ),
  lua: flowSendSource,
  parse: standingOf,
});

export const flowClose = defineFlowScript<FlowInput, FlowStanding>({
  name: 'flow-close',
  uses: [writeBeforeGrowingPart],
  args: { id },
  lua: flowCloseSource,
  parse: standingOf,
});

/** Whether it was not over. */
export const flowCancel = defineFlowScript<FlowInput, boolean>({
  name: 'flow-cancel',
  args: { id },
  lua: flowCancelSource,
  parse: (reply) => reply === 1,
});

/** How many flows one call looks at. */
const idleAtOnce = 100;

/** Ends flows that were left open. */
export const flowIdle = defineFlowScript<{ keys: QueueKeys }, undefined>({
  name: 'flow-idle',
  args: { most: () => idleAtOnce },
  lua: flowIdleSource,
  parse: () => undefined,
});
