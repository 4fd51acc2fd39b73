import type { Redis } from 'ioredis';
import { expect, it } from 'vitest';
import { Doubt } from './doubt.js';

/** A client whose server answers when `answer` is called, or when it is cut. */
function someServer() {
  let answer = () => {};
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const stream = { bytesRead: 0 };
  const node = { status: 'ready', stream, callBuffer: () => answered } as unknown as Redis;
  return { node, stream, answer };
}

it('a server that answers is there, and is not cut', async () => {
  const { node, answer } = someServer();
  const cut: Redis[] = [];
  const doubt = new Doubt({ withinMs: 10_000, cut: (node) => cut.push(node) });

  const isThere = doubt.dispel(node);
  answer();

  expect(await isThere).toBe(true);
  expect(cut).toEqual([]);
});

it('a silent server is cut, and is not there', async () => {
  const { node, answer } = someServer();

  const isThere = await new Doubt({ withinMs: 10, cut: answer }).dispel(node);

  expect(isThere).toBe(false);
});

it('a server that is rightly silent is waited for that much longer', async () => {
  const { node, answer } = someServer();
  const doubt = new Doubt({ withinMs: 10, cut: answer });
  const start = performance.now();

  doubt.occupy(300);
  doubt.occupy(10);
  await doubt.dispel(node);

  expect(performance.now() - start).toBeGreaterThan(300);
});

it('a server whose answer stands behind much else is waited for as long as that arrives', async () => {
  const { node, stream, answer } = someServer();
  const arriving = setInterval(() => {
    stream.bytesRead += 1;
    if (stream.bytesRead < 10) return;
    clearInterval(arriving);
    answer();
  }, 50);

  expect(await new Doubt({ withinMs: 300, cut: answer }).dispel(node)).toBe(true);
});
