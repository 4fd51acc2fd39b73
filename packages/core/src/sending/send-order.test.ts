import { once } from 'node:events';
import { expect, it } from 'vitest';
import { SendOrder } from './send-order.js';

it('a ready message waits for earlier ones in its line, and for nothing else', async () => {
  const order = new SendOrder();
  const schema = new EventTarget();
  const slow = once(schema, 'done').then(() => 'first');
  const sent: string[] = [];
  const send = async (message: string) => void sent.push(message);

  const waiting = [order.wait('a', slow, send), order.wait('a', 'second', send)];
  expect([order.isFree('a'), order.isFree('b')]).toEqual([false, true]);
  await order.wait('b', 'of another line', send);
  expect(sent).toEqual(['of another line']);

  schema.dispatchEvent(new Event('done'));
  await Promise.all(waiting);
  expect(sent).toEqual(['of another line', 'first', 'second']);
  expect(order.isFree('a')).toBe(true);
});

it('a message that is rejected delays no other message, nor does a send that fails', async () => {
  const order = new SendOrder();
  const refused = order.wait('a', Promise.reject(new Error('not valid')), async () => 'sent');
  const failed = order.wait('a', 0, () => Promise.reject(new Error('not sent')));
  const last = order.wait('a', 'valid', async (message) => message);

  await expect(refused).rejects.toThrow('not valid');
  await expect(failed).rejects.toThrow('not sent');
  expect(await last).toBe('valid');
  expect(order.isFree('a')).toBe(true);
});

it('a line is free as soon as its last message is handed over, not only when that has arrived', async () => {
  const order = new SendOrder();
  const server = new EventTarget();
  const handedOver = once(server, 'handed over');
  let wasFree = true;
  const sent = order.wait('a', null, () => {
    wasFree = order.isFree('a');
    server.dispatchEvent(new Event('handed over'));
    return once(server, 'arrived');
  });

  await handedOver;
  expect([wasFree, order.isFree('a')]).toEqual([false, true]);
  server.dispatchEvent(new Event('arrived'));
  await sent;
});
