import type { TopicContext } from '../topic-context.js';
import type { GroupKeys } from '../topic-keys.js';

/** What every part of a consumer group needs to know of it. */
export interface GroupContext<Body = unknown> {
  readonly topic: TopicContext<Body>;
  readonly group: string;
  /** The channel that tells its consumers to look around. */
  readonly signal: string;
  /** Its keys in each partition. */
  readonly partitions: readonly GroupKeys[];
  /** Whether each partition belongs to one member at a time, which keeps records of a key in order. */
  readonly isOrdered: boolean;
}
