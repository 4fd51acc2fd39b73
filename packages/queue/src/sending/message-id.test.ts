import { expect, it, vi } from 'vitest';

vi.mock('node:crypto', () => ({ randomBytes: (size: number) => Buffer.alloc(size, 0xfb) }));

it('an id begins with no dash, which a command line would take for an option', async () => {
  const { newId } = await import('./message-id.js');
  expect([newId(), newId()]).toEqual(['__v7-_v7-_v71', '__v7-_v7-_v72']);
});
