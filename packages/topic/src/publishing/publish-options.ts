import {
  InvalidArgumentError,
  type NamesOf,
  type RedpostError,
  refuseUnknownOptions,
  shown,
} from '@redpost/core';
import { checkRecordHeaders, type RecordHeaders } from '../record/record.js';

const longestId = 512;

/** The options of `publish`, for one record. */
export interface PublishOptions {
  /**
   * What the record is about, e.g. the id of an order; not empty. With partitions, records of the same key keep their
   * order.
   */
  key?: string | undefined;
  /** Small texts that travel with the record. */
  headers?: RecordHeaders | undefined;
  /**
   * Makes the call idempotent: a second publish with the same id, within the window of `deduplication`, adds nothing and
   * resolves to the offset of the first. 1 to 512 characters.
   */
  id?: string | undefined;
}

/** One record of a batch. */
export interface TopicItem<Body> extends PublishOptions {
  body: Body;
}

/** The result for one record of a batch. */
export type TopicPublishResult =
  /** The offset is a place in this partition: 0 in a topic without partitions. */
  | { status: 'published'; partition: number; offset: string }
  /** If the `outcome` of the error is `unknown`, the record may be in Redis nevertheless. */
  | { status: 'failed'; error: RedpostError };

/** The options of a call without options, which need no check. */
export const noPublishOptions: PublishOptions = Object.freeze({});

const optionNames: NamesOf<PublishOptions> = { key: true, headers: true, id: true };

/** @throws InvalidArgumentError. */
export function checkPublishOptions(options: PublishOptions): void {
  refuseUnknownOptions('publish(body, options)', options, optionNames);
  const { key, headers, id } = options;
  if (key !== undefined && (typeof key !== 'string' || key === '')) {
    throw new InvalidArgumentError(`key must be a string that is not empty, got ${shown(key)}`);
  }
  if (headers !== undefined) checkRecordHeaders(headers);
  if (id === undefined) return;
  if (typeof id !== 'string' || id === '' || id.length > longestId) {
    throw new InvalidArgumentError(`id must be a string of 1 to ${longestId} characters`);
  }
}
