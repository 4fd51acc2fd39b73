import { RedpostError, shown } from '@redpost/core';

/** The number of partitions cannot be changed yet, because the last change is not through. Nothing has changed. */
export class PartitionsMovingError extends RedpostError {
  declare readonly code: 'PARTITIONS_MOVING';

  constructor(queue: string, partitions: number) {
    super(
      `The queue ${shown(queue)} has ${partitions} partitions since a short while, and messages of keys may still wait where they went before that: ` +
        'its consumers send them on. Change it again when none is moving any more (partitions.get(), redpost partitions show), two minutes after the last change at the earliest',
      { code: 'PARTITIONS_MOVING', retryable: true },
    );
    this.name = 'PartitionsMovingError';
  }
}
