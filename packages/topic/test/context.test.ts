import { AsyncLocalStorage } from 'node:async_hooks';
import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { useTopics } from './support/topics.js';

const redis = useTopics();
const tenant = new AsyncLocalStorage<string>();
const tenants = ['one', 'other'];

it('the handler of a member of a group runs in the context in which it was handed over', async () => {
  const topic = redis.topic<number>();
  const seen: string[] = [];
  for (const name of tenants) {
    const handle = () => void seen.push(`${name}: ${tenant.getStore()}`);
    tenant.run(name, () => topic.group(name).consume(handle));
  }

  for (let sent = 0; sent < 3; sent += 1) {
    await tenant.run('publisher', () => topic.publish(sent));
    await eventually(() => seen.length === 2 * (sent + 1));
  }

  expect(new Set(seen)).toEqual(new Set(['one: one', 'other: other']));
});
