import type { RecordWrapper } from '../consuming/record-wrapper.js';
import type { TopicContext } from '../topic-context.js';
import type { GroupPartitions } from './group-partitions.js';

/** What all parts of a consumer group share. */
export interface GroupContext<Body = unknown> {
  readonly topic: TopicContext<Body>;
  readonly group: string;
  /** The channel for signals to its consumers. */
  readonly signal: string;
  readonly partitions: GroupPartitions;
  /** What runs around each call of a handler, from the outermost to the innermost. */
  readonly wrappers: RecordWrapper[];
}
