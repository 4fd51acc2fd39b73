import type { UnreadableRecord } from './record/record.js';

/** What a topic tells by `on()`. */
export interface TopicEvents {
  /** A reader met a record that it cannot read, and went on. Reported as an `error` without a listener. */
  unreadable: UnreadableRecord;
  /**
   * Publishing here has trimmed records that some group had not acknowledged, because a limit of
   * the retention said so. Reported as an `error` without a listener.
   */
  cut: { partition: number; records: number };
  /** Something failed in the background, e.g. Redis was away. It is tried again. */
  error: Error;
}
