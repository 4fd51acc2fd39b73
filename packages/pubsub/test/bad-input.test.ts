import { DecodeError, InvalidArgumentError } from '@redpost/core';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import {
  damaged,
  expectCleanPrototypes,
  hostileBytes,
  hostileText,
  hostileValue,
} from '../../../tooling/hostile.js';
import { checkedGroup, groupName } from '../src/group-name.js';
import { checkedNames } from '../src/names.js';
import { sealAnswer, sealRequest, unsealAnswer, unsealRequest } from '../src/request-format.js';
import { GapWatch, Sequencer, unseal } from '../src/sequence.js';
import { startOf } from '../src/topic/offset.js';
import { bodyOf, checkRecordHeaders, headersOf, textField } from '../src/topic/record.js';
import { checkGroupName, topicKeys } from '../src/topic/topic-keys.js';

// Thousands of cases each, which a busy machine may take long for.
afterEach(expectCleanPrototypes);

function outcome<Value>(
  run: () => Value,
  type: new (...args: never[]) => Error,
): Value | undefined {
  try {
    return run();
  } catch (error) {
    expect(error).toBeInstanceOf(type);
    return undefined;
  }
}

const sealed = (make: (id: number, text: string, body: Buffer) => string | Buffer) =>
  fc.tuple(fc.nat(), hostileText, hostileBytes).map((parts) => Buffer.from(make(...parts)));

describe('bytes that somebody publishes', () => {
  it('are a sequenced message or a plain one, and count for no other publisher', () => {
    const sequencer = new Sequencer();
    const watch = new GapWatch();
    const whole = sealed((_, channel, body) => sequencer.seal(channel, body));
    let last = 0;
    const property = fc.property(fc.oneof(hostileBytes, damaged(whole)), (bytes) => {
      const message = unseal(bytes);
      if (message) expect(watch.missedBefore('c', message)).toBeGreaterThanOrEqual(0);
      expect(message?.sequence ?? 1).toBeGreaterThanOrEqual(1);
      last += 1;
      const payload = Buffer.alloc(0);
      expect(watch.missedBefore('c', { publisher: 'good', sequence: last, payload })).toBe(0);
    });
    fc.assert(property, { numRuns: 6000 });
  });

  it('are a request with what it needs, or none', () => {
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

  it('are an answer with what it needs, or none', () => {
    const whole = sealed((id, text, body) => sealAnswer({ id, failed: text === '' }, body));
    const property = fc.property(fc.oneof(hostileBytes, whole, damaged(whole)), (bytes) => {
      const answer = outcome(() => unsealAnswer(bytes), DecodeError);
      if (answer) expect(typeof answer.failed).toBe('boolean');
    });
    fc.assert(property, { numRuns: 6000 });
  });
});

it('the fields of a record are read, or refused with their bytes', () => {
  const name = fc
    .oneof(fc.constantFrom('body', 'key', 'headers', 'id', 'group', '__proto__'), hostileText)
    .map((text) => Buffer.from(text));
  const fields = fc.array(fc.tuple(name, hostileBytes)).map((pairs) => pairs.flat());
  const property = fc.property(fields, (record) => {
    const headers = outcome(() => headersOf(record), DecodeError);
    for (const text of Object.values(headers ?? {})) expect(typeof text).toBe('string');
    if (outcome(() => bodyOf(record), DecodeError) === undefined) {
      expect(record.filter((_, at) => at % 2 === 0).map(String)).not.toContain('body');
    }
    expect(typeof (textField(record, 'key') ?? '')).toBe('string');
  });
  fc.assert(property, { numRuns: 6000 });
});

describe('an argument of any kind', () => {
  it.each<[string, (given: never) => unknown]>([
    ['a place in a topic', startOf],
    ['the headers of a record', checkRecordHeaders],
    ['the name of a topic', (name) => topicKeys(name, 2)],
    ["the name of a topic's group", checkGroupName],
    ["the name of a channel's group", checkedGroup],
    ['the names of channels', (names) => checkedNames('A channel', names)],
  ])('is %s, or refused', (_, check) => {
    const property = fc.property(hostileValue, (given) => {
      outcome(() => check(given as never), InvalidArgumentError);
    });
    fc.assert(property, { numRuns: 2500 });
  });
});

it.each([':group:g', 'x::group:g', 'a{b}', '\ud800'])('%j is no name of a group', (name) => {
  expect(() => checkGroupName(name)).toThrow(InvalidArgumentError);
});

it('no two topics, groups or groups of channels share a key, nor one with a queue', () => {
  const part = fc.constantFrom(
    ...['a', 'b', ':', '::', '{', '}', '{a}', '{a}:consumers', ':dead', ':group:', 'members', '0'],
    ...['\ud800', '\udc00', '\ufffd', 'partition', '{a:0}:partition', ':stats', '\0'],
  );
  const text = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(''));
  const partitions = fc.constantFrom(undefined, 2);
  let compared = 0;
  const owner = fc.oneof(
    fc.tuple(fc.constant('topic' as const), text, text, partitions),
    fc.tuple(fc.constant('channel' as const), text, text, partitions),
    fc.tuple(fc.constant('queue' as const), text, text, partitions),
  );
  const property = fc.property(owner, owner, (one, other) => {
    fc.pre(isOther(one, other));
    const [keys, others] = [keysOf(one), keysOf(other)];
    if (!keys || !others) return;
    compared += 1;
    for (const key of keys) expect(others).not.toContain(key);
  });
  fc.assert(property, { numRuns: 20_000 });
  expect(compared).toBeGreaterThan(500);
});

type Owner = readonly ['topic' | 'channel' | 'queue', string, string, number | undefined];

/** A queue and a topic of one name meet at the key of that name, which Redis refuses to one of them. */
function isOther([kind, name, group]: Owner, [otherKind, otherName, otherGroup]: Owner): boolean {
  if (kind === 'channel' && otherKind === 'channel') {
    return name !== otherName || group !== otherGroup;
  }
  return name !== otherName || kind === 'channel' || otherKind === 'channel';
}

/** The keys as Redis sees them: bytes. Undefined for a name that is refused. */
function keysOf([kind, name, group, partitions]: Owner): string[] | undefined {
  const keys = outcome(() => {
    if (kind === 'channel')
      return [groupName(checkedNames('A channel', name)[0] ?? '', checkedGroup(group))];
    const { facts, partitions: all, members } = topicKeys(name, partitions);
    // What packages/queue has, by the same rule for names.
    if (kind === 'queue') {
      const kinds = ['delayed', 'suspects', 'dead', 'consumers', 'stats', 'active:c', 'handoff:c'];
      return [name, ...kinds.map((its) => `{${name}}:${its}`)];
    }
    checkGroupName(group);
    const parts = all.flatMap(({ group: of, ...own }) => [own, of(group)].flatMap(Object.values));
    return [...new Set([facts, members(group), ...parts])] as string[];
  }, InvalidArgumentError);
  return keys?.map((key) => Buffer.from(key).toString('latin1'));
}
