import { expect, it } from 'vitest';
import { consumeWith } from './other-program.js';

const worker = `
  process.stdin.on('data', () => console.log('cpu 12.5'));
  process.stdin.on('end', () => process.exit(1));
  console.log('Started');
  console.log(process.env.HANDLER_MS);
`;

it('takes numbers and processor time from a worker in another process, until it is stopped', async () => {
  let handled = (_: number): void => {};
  const first = new Promise<number>((resolve) => {
    handled = resolve;
  });
  const elsewhere = { handlerMs: 1_000_003, handled: (n: number) => handled(n) };
  const consuming = consumeWith([process.execPath, '-e', worker], 'redis://127.0.0.1', elsewhere);

  await expect(first).resolves.toBe(1_000_003);
  await expect(consuming.cpuMs?.()).resolves.toBe(12.5);
  await consuming.stop();
});
