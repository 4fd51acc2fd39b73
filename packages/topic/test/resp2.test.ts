import { describe, expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { oldProtocols } from '../../../tooling/old-protocols.js';
import { openConnection, useTopics } from './support/topics.js';

describe.each(oldProtocols)('with %s', (_, { args, query }) => {
  const redis = useTopics({ args });

  it('a topic is read, and consumed by a group', async () => {
    const topic = redis.topic<string>({ connection: openConnection(redis.url + query) });
    const seen: string[] = [];
    const group = topic.group('billing');
    const errors: unknown[] = [];
    group.consume(({ body }) => seen.push(body)).on('error', (error) => errors.push(error));

    await topic.publish('one');
    await eventually(() => seen.length === 1);
    await topic.publish('two');
    await eventually(() => seen.length === 2);
    const read: string[] = [];
    for await (const { body } of topic.read({ from: 'beginning' })) {
      read.push(body);
      if (read.length === 2) await topic.publish('three');
      if (read.length === 3) break;
    }

    expect(read).toEqual(['one', 'two', 'three']);
    await eventually(async () => (await group.stats()).total.acked === 3);
    expect(await group.stats()).toMatchObject({ lag: 0, pending: 0, total: { acked: 3 } });
    expect(errors).toEqual([]);
  });
});
