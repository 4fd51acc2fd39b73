import type { Command } from 'commander';
import { addCommand } from '../../program/define.js';
import type { ProgramContext } from '../../program/program-context.js';
import { addTopicDead } from './topic-dead.js';
import { addTopicGroups } from './topic-groups.js';
import { addTopicPartitions } from './topic-partitions.js';
import { addTopicPublish } from './topic-publish.js';
import { addTopicRead } from './topic-read.js';
import { addTopicSeek } from './topic-seek.js';

export function addTopic(program: Command, context: ProgramContext): void {
  const topic = addCommand(program, 'topic').description(
    'Publish to a topic, read it, and look at its consumer groups.',
  );
  addTopicPublish(topic, context);
  addTopicRead(topic, context);
  addTopicGroups(topic, context);
  addTopicSeek(topic, context);
  addTopicDead(topic, context);
  addTopicPartitions(topic, context);
}
