import { setTimeout as pause } from 'node:timers/promises';

/** Publishes number after number without awaiting any until `until` has resolved. */
export async function publishUntil(
  until: Promise<unknown>,
  publish: (n: number) => Promise<unknown>,
): Promise<number> {
  const published: Promise<unknown>[] = [];
  let isOver = false;
  const over = until.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    for (let at = 0; at < 3; at += 1) published.push(publish(published.length));
    await pause(2);
  }
  await over;
  await Promise.all(published);
  return published.length;
}

export const inOrder = (count: number) => Array.from({ length: count }, (_, n) => n);
