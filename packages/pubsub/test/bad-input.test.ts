import { DecodeError, InvalidArgumentError } from '@redpost/core';
import { Slice } from '@redpost/core/consuming';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import {
  damaged,
  expectCleanPrototypes,
  hostileBytes,
  hostileText,
  hostileValue,
  outcome,
} from '../../../tooling/hostile.js';
import { checkedGroup } from '../src/groups/group-name.js';
import { GapWatch, Sequencer, unseal } from '../src/message/sequence.js';
import { checkedNames } from '../src/names.js';
import {
  sealAnswer,
  sealRequest,
  unsealAnswer,
  unsealRequest,
} from '../src/requests/request-format.js';

// Thousands of cases each, which a busy machine may take long for.
afterEach(expectCleanPrototypes);

const sealed = (make: (id: number, text: string, body: Buffer) => string | Buffer) =>
  fc.tuple(fc.nat(), hostileText, hostileBytes).map((parts) => Buffer.from(make(...parts)));

describe('arbitrary bytes from another publisher', () => {
  it('are a sequenced message or a plain one, and count for no other publisher', () => {
    const sequencer = new Sequencer();
    const watch = new GapWatch();
    const whole = sealed((_, channel, body) => sequencer.seal(channel, body));
    let last = 0;
    const property = fc.property(fc.oneof(hostileBytes, damaged(whole)), (bytes) => {
      const message = unseal(Slice.of(bytes));
      if (message) expect(watch.missedBefore('c', message)).toBeGreaterThanOrEqual(0);
      expect(message?.sequence ?? 1).toBeGreaterThanOrEqual(1);
      last += 1;
      const payload = Slice.of(Buffer.alloc(0));
      expect(watch.missedBefore('c', { publisher: 'good', sequence: last, payload })).toBe(0);
    });
    fc.assert(property, { numRuns: 6000 });
  });

  it('are a complete request, or no request', () => {
    const whole = sealed((id, replyTo, body) => sealRequest({ id, replyTo }, body));
    const property = fc.property(fc.oneof(hostileBytes, whole, damaged(whole)), (bytes) => {
      const request = outcome(() => unsealRequest(bytes), DecodeError);
      if (!request) return;
      expect(typeof request.id).toBe('number');
      expect(request.replyTo).not.toBe('');
      expect(bytes.subarray(bytes.length - request.body.length).equals(request.body)).toBe(true);
    });
    fc.assert(property, { numRuns: 6000 });
  });

  it('are a complete reply, or no reply', () => {
    const whole = sealed((id, text, body) => sealAnswer({ id, failed: text === '' }, body));
    const property = fc.property(fc.oneof(hostileBytes, whole, damaged(whole)), (bytes) => {
      const answer = outcome(() => unsealAnswer(bytes), DecodeError);
      if (answer) expect(typeof answer.failed).toBe('boolean');
    });
    fc.assert(property, { numRuns: 6000 });
  });
});

describe('an argument of any kind', () => {
  it.each<[string, (given: never) => unknown]>([
    ["the name of a channel's group", checkedGroup],
    ['the names of channels', (names) => checkedNames('A channel', names)],
  ])('is %s, or refused', (_, check) => {
    const property = fc.property(hostileValue, (given) => {
      outcome(() => check(given as never), InvalidArgumentError);
    });
    fc.assert(property, { numRuns: 2500 });
  });
});
