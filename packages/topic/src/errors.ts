import { RedpostError } from '@redpost/core';

/** The topic was first used with another number of partitions, which was never changed by `partitions.set()`. */
export class PartitionCountError extends RedpostError {
  declare readonly code: 'PARTITION_COUNT';
  /** The number of partitions that the topic has, to open it with; undefined for a topic without partitions. */
  readonly partitions: number | undefined;

  constructor(topic: string, partitions: number | undefined, wanted: number | undefined) {
    const has = partitions === undefined ? 'no partitions' : `${partitions} partition(s)`;
    const open = partitions === undefined ? 'without' : `with partitions: ${partitions}`;
    super(
      `The topic ${topic} has ${has}, not ${wanted ?? 'none'}: that is declared when a topic is first used. ` +
        `Open it ${open}, or change the number with partitions.set()`,
      { code: 'PARTITION_COUNT' },
    );
    this.name = 'PartitionCountError';
    this.partitions = partitions;
  }
}

/** The place of records that retention removed before a reader had read them. */
export interface TrimmedGap {
  readonly partition: number;
  /** The last offset that was read. */
  readonly after: string;
  /** The oldest offset that is left; undefined when no record is left. */
  readonly oldest: string | undefined;
  /** How many records were missed; undefined when the server cannot tell. */
  readonly missed: number | undefined;
}

/**
 * Retention removed records before this reader had read them. To continue with the records that are left, read again
 * `from` the same offset, because a gap is reported once; or pass `onTrimmed`, and the reader continues by itself.
 */
export class TrimmedError extends RedpostError {
  declare readonly code: 'TRIMMED';
  readonly gap: TrimmedGap;

  constructor(topic: string, gap: TrimmedGap) {
    const { missed = 'some', after } = gap;
    super(
      `The topic ${topic} no longer has ${missed} record(s) after offset ${after}: retention removed them unread. ` +
        'Raise its limits, or read faster',
      { code: 'TRIMMED' },
    );
    this.name = 'TrimmedError';
    this.gap = gap;
  }
}

/** A limit of the retention removed records that some group had not acknowledged. */
export class CutError extends RedpostError {
  declare readonly code: 'CUT';
  readonly partition: number;
  readonly records: number;

  constructor(topic: string, { partition, records }: { partition: number; records: number }) {
    super(
      `Retention removed ${records} record(s) of the topic ${topic} that some group had not acknowledged. ` +
        'Raise its limits, let the group catch up, or keep them with retention.whenAcknowledged',
      { code: 'CUT' },
    );
    this.name = 'CutError';
    this.partition = partition;
    this.records = records;
  }
}
