import type { Codec } from '@redpost/core';
import { expect, it } from 'vitest';
import { useDashboard } from './support/use-dashboard.js';

const dashboards = useDashboard();

/** Nobody can read this without the codec. */
const reversed: Codec<{ n: number }> = {
  name: 'reversed',
  encode: (body) => Buffer.from(JSON.stringify(body)).reverse(),
  decode: (bytes) => JSON.parse(String(Buffer.from(bytes).reverse())),
};

interface Shown {
  messages: {
    id: string;
    body: { text: string; format: string; bytes: number; isCut: boolean; isRedacted: boolean };
  }[];
}

it('bodies are shown as JSON, as text or as base64, and large ones only in part', async () => {
  const queue = dashboards.queue('shown');
  const push = (payload: string | Buffer) =>
    dashboards.connection().call('LPUSH', ['shown', payload]);
  await push('{"a":[1,2]}');
  await push('no json');
  await push(Buffer.from([0xff, 0, 1]));
  await queue.send('x'.repeat(10_000_000), { id: 'large' });
  await push('');
  const { get } = await dashboards.serve();

  const { body } = await get<Shown>('/queues/shown/messages');
  const shown = body.messages.map(({ body: { text, format, isCut } }) => [
    text.slice(0, 30),
    format,
    isCut,
  ]);
  expect(shown).toEqual([
    ['{\n  "a": [\n    1,\n    2\n  ]\n}', 'json', false],
    ['no json', 'text', false],
    ['/wAB', 'base64', false],
    [`"${'x'.repeat(29)}`, 'text', true],
    ['', 'text', false],
  ]);
  expect(body.messages[3]?.body.bytes).toBe(10_000_002);
  expect(JSON.stringify(body).length).toBeLessThan(5000);

  const one = await get<{ message: { body: { text: string; isCut: boolean } } }>(
    '/queues/shown/messages/large',
  );
  expect(one.body.message.body.text).toHaveLength(65_536);
  expect(one.body.message.body.isCut).toBe(true);
});

it('redact decides what of a body is shown, and cannot be passed by', async () => {
  const queue = dashboards.queue<{ to: string; card?: string; note?: string }>('private');
  await queue.send({ to: 'ada', card: '4111' }, { id: 'with' });
  await queue.send({ to: 'bob' }, { id: 'without' });
  await queue.send({ to: 'eve', card: '4222', note: 'n'.repeat(5000) }, { id: 'long' });
  await queue.send({ to: 'dead', card: '4333' }, { id: 'dead', priority: 9 });
  await (await queue.receive())?.deadLetter('no');
  const seen: unknown[] = [];
  const { get } = await dashboards.serve({
    redact(body, origin) {
      seen.push(origin);
      const { card, ...rest } = body as { card?: string };
      return card === undefined ? rest : { ...rest, card: '****' };
    },
  });

  const { body } = await get<Shown>('/queues/private/messages');
  expect(body.messages.map((message) => [message.id, message.body.isRedacted])).toEqual([
    ['with', true],
    ['without', false],
    ['long', true],
  ]);
  expect(body.messages[2]?.body).toMatchObject({ format: 'hidden', text: '' });
  const answers = await Promise.all(
    ['messages', 'messages/with', 'messages/long', 'messages/dead', 'dead-letters'].map((path) =>
      get(`/queues/private/${path}`),
    ),
  );
  expect(JSON.stringify(answers)).not.toMatch(/4111|4222|4333/);
  expect(JSON.stringify(answers)).toContain('****');
  expect(seen).toContainEqual({ kind: 'queue', name: 'private', id: 'with' });
});

it('a queue that is given as an object is shown and edited with its codec', async () => {
  const queue = dashboards.queue<{ n: number }>('packed', { codec: reversed });
  await queue.send({ n: 1 }, { id: 'one' });
  const { get, send } = await dashboards.serve({ queues: [queue as never], readOnly: false });
  expect((await get<Shown>('/queues/packed/messages')).body.messages).toMatchObject([
    { id: 'one', body: { text: '{\n  "n": 1\n}', format: 'json' } },
  ]);
  await send('PUT', '/queues/packed/messages/one', { body: { text: '{"n":2}' } });
  expect(await queue.find('one')).toMatchObject({ body: { n: 2 } });
});
