import { setImmediate } from 'node:timers/promises';
import { Slice } from '@redpost/core/consuming';
import { expect, it } from 'vitest';
import type { ReceivedMessage } from '../message/message.js';
import { Inbox } from './inbox.js';
import { MessageBuffer } from './message-buffer.js';

it('a message that waits keeps nothing of what has arrived with it in memory', async () => {
  const chunk = Buffer.alloc(100_000, '7');
  const inbox = new Inbox({
    buffer: new MessageBuffer<ReceivedMessage>(10, 'drop-oldest'),
    decode: ({ payload }) => payload.bytes,
    isJson: false,
    onInvalid: () => {},
    onTaken: () => {},
  });
  for (const start of [0, 100]) {
    const payload = new Slice({ bytes: chunk, text: chunk.toString() }, start, start + 3);
    inbox.push({ channel: 'a', pattern: undefined, payload });
  }

  const atOnce = inbox.take()?.body;
  await setImmediate();
  const later = inbox.take()?.body;

  expect(atOnce?.buffer).toBe(chunk.buffer);
  expect(later?.toString()).toBe('777');
  expect(later?.buffer).not.toBe(chunk.buffer);
});
