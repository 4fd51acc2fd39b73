import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { decodeTask, encodeTask } from './celery-message.js';

/** What Celery 5.6.3 has written. */
function fixture(name: string): Buffer {
  return readFileSync(new URL(`../../test/fixtures/celery/${name}.txt`, import.meta.url));
}

it('a task that Celery has sent has its arguments and its id', () => {
  const task = decodeTask(fixture('plain'));

  expect(task).toMatchObject({ name: 'tasks.add', args: [1, 2], kwargs: {}, retries: 0 });
  expect(task.id).toMatch(/^[0-9a-f-]{36}$/);
  expect([task.eta, task.expires]).toEqual([undefined, undefined]);
});

it('eta and expires are times, to the millisecond', () => {
  const { args, kwargs, eta, expires, headers } = decodeTask(fixture('later'));

  expect([args, kwargs]).toEqual([[1], { y: 2 }]);
  expect(eta?.toISOString().slice(0, 23)).toBe(String(headers.eta).slice(0, 23));
  expect(Number(expires) - Number(eta)).toBe(3_600_000);
});

it('a time without an offset is in UTC, on whatever machine', () => {
  const text = fixture('later').toString().replaceAll('+00:00', '');
  const { eta, headers } = decodeTask(Buffer.from(text));

  expect(eta?.toISOString().slice(0, 19)).toBe(String(headers.eta).slice(0, 19));
});

it('a body need not be in base64', () => {
  const message = JSON.parse(fixture('plain').toString());
  message.body = Buffer.from(message.body, 'base64').toString();
  message.properties.body_encoding = undefined;

  expect(decodeTask(Buffer.from(JSON.stringify(message))).args).toEqual([1, 2]);
});

it.each([
  ['pickle', 'only JSON is read'],
  ['compressed', 'compressed'],
  ['protocol-1', 'task protocol 2'],
  ['chord', 'chord'],
  ['group-callback', 'group'],
])('%s is refused, and the error says so', (name, why) => {
  expect(() => decodeTask(fixture(name))).toThrow(why);
});

it('what is refused has the id of its task, so that who waits for it can be told', () => {
  const id = JSON.parse(fixture('pickle').toString()).headers.id;

  expect(() => decodeTask(fixture('pickle'))).toThrow(
    expect.objectContaining({
      taskId: id,
      exception: expect.objectContaining({ exc_type: 'ContentDisallowed' }),
    }),
  );
});

it.each([
  '',
  '{',
  '[]',
  'null',
  '{"headers":{"id":"a","task":"b"},"content-type":"application/json","body":"[1]"}',
])('%s is refused', (text) => {
  expect(() => decodeTask(Buffer.from(text))).toThrow(
    expect.objectContaining({ name: 'RefusedTask' }),
  );
});

it('a task is written with every field that Celery writes and reads', () => {
  const theirs = JSON.parse(fixture('plain').toString());
  const ours = JSON.parse(
    encodeTask({
      id: 'i',
      name: 'tasks.add',
      args: [1, 2],
      kwargs: {},
      queue: 'celery',
      priority: 0,
    }),
  );

  // Of stamps, and of replaced tasks, which only Celery has.
  const { replaced_task_nesting, stamped_headers, stamps, ...headers } = theirs.headers;
  expect(Object.keys(ours)).toEqual(Object.keys(theirs));
  expect(Object.keys(ours.headers)).toEqual(Object.keys(headers));
  expect(Object.keys(ours.properties)).toEqual(Object.keys(theirs.properties));
  const text = (message: { body: string }) =>
    JSON.parse(Buffer.from(message.body, 'base64').toString());
  expect(text(ours)).toEqual(text(theirs));
});
