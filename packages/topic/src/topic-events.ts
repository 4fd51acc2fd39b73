import type { UnreadableRecord } from './record/record.js';

/** The events of a topic. */
export interface TopicEvents {
  /** A reader has skipped a record that it cannot read. Without a listener, this is reported as an `error`. */
  unreadable: UnreadableRecord;
  /**
   * A publish of this object has removed records that some group had not acknowledged, because of a limit of the
   * retention. Without a listener, this is reported as an `error`.
   */
  cut: { partition: number; records: number };
  /** Something failed in the background, e.g. Redis was away. It is tried again. */
  error: Error;
}
