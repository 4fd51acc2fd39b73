import { RedpostError, shown } from '@redpost/core';
import type { Division } from './division.js';

/** The number of partitions cannot be changed yet, because the last change is not through. Nothing has changed. */
export class PartitionsMovingError extends RedpostError {
  declare readonly code: 'PARTITIONS_MOVING';

  constructor(queue: string, { count, before }: Division) {
    const advice = before === count ? beingTold : mayWait;
    super(`The queue ${shown(queue)} has ${count} partitions since a short while, and ${advice}`, {
      code: 'PARTITIONS_MOVING',
      retryable: true,
    });
    this.name = 'PartitionsMovingError';
  }
}

/** The two steps of a change that is not through. */
const mayWait =
  'messages of keys may still wait where they went before that. Its consumers send them on, and find out when none waits any more; ' +
  'without a consumer, each attempt to change the number finds that out. Change it again when none is moving any more ' +
  '(partitions.get(), redpost partitions show), two minutes after the last change at the earliest';
const beingTold =
  'no message of a key waits any more where it went before that; producers are being told. Change it again in a minute';
