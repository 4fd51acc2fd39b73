import type { ConsumerGroup } from '@redpost/topic';
import type { Body } from '../../messages/body-codec.js';
import { Failure } from '../../program/exit-codes.js';
import type { Run } from '../../run.js';

/** The group of this name. @throws Failure when there is none. */
export async function existingGroup(
  run: Run,
  topicName: string,
  group: string,
): Promise<ConsumerGroup<Buffer, Body>> {
  const topic = await run.topic(topicName);
  const names = await topic.groups();
  if (names.includes(group)) return topic.group(group);
  const has = names.length > 0 ? `it has ${names.join(', ')}` : 'it has none';
  throw new Failure(`the topic ${topicName} has no group ${group}: ${has}`);
}
