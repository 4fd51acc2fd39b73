import type { RecordWrapper } from '../consuming/record-wrapper.js';
import type { TopicContext } from '../topic-context.js';
import type { GroupKeys } from '../topic-keys.js';

/** What all parts of a consumer group share. */
export interface GroupContext<Body = unknown> {
  readonly topic: TopicContext<Body>;
  readonly group: string;
  /** The channel for signals to its consumers. */
  readonly signal: string;
  /** The keys of the group in each partition. */
  readonly partitions: readonly GroupKeys[];
  /** Whether each partition belongs to one member at a time, which keeps records of a key in order. */
  readonly isOrdered: boolean;
  /** What runs around each call of a handler, from the outermost to the innermost. */
  readonly wrappers: RecordWrapper[];
}
