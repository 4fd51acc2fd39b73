import { checkedName, DecodeError, InvalidArgumentError } from '@redpost/core';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import {
  expectCleanPrototypes,
  hostileBytes,
  hostileText,
  hostileValue,
  outcome,
} from '../../../tooling/hostile.js';
import { startOf } from '../src/record/offset.js';
import { bodyOf, checkRecordHeaders, headersOf, textField } from '../src/record/record.js';
import { checkGroupName, partitionKeys, topicKeys } from '../src/topic-keys.js';

// Thousands of cases each, which a busy machine may take long for.
afterEach(expectCleanPrototypes);

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
    ['the name of a topic', (name) => topicKeys(name)],
    ["the name of a topic's group", checkGroupName],
  ])('is %s, or refused', (_, check) => {
    const property = fc.property(hostileValue, (given) => {
      outcome(() => check(given as never), InvalidArgumentError);
    });
    fc.assert(property, { numRuns: 2500 });
  });
});

it.each([':group:g', 'x::group:g', 'a{b}', '\ud800'])(
  '%j is not a valid name of a group',
  (name) => {
    expect(() => checkGroupName(name)).toThrow(InvalidArgumentError);
  },
);

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
    // One expectation for all: there are half a million keys.
    expect(keys.filter((key) => others.includes(key))).toEqual([]);
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
    // What packages/pubsub has for a group of a channel.
    if (kind === 'channel') return [groupOfChannel(checkedName('A channel', name), group)];
    const { facts, members } = topicKeys(name);
    const all = numbersOf(partitions).map((number) => partitionKeys(name, number));
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

function numbersOf(partitions: number | undefined): (number | undefined)[] {
  return partitions === undefined ? [undefined] : [...Array(partitions).keys()];
}

function groupOfChannel(channel: string, group: string): string {
  if (/^[^{]*\{[^}]+\}/.test(channel)) return `${channel}::group:${group}`;
  if (!channel.includes('}')) return `{${channel}}:group:${group}`;
  throw new InvalidArgumentError('A channel with a group may not have a lone brace');
}
