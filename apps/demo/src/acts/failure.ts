import { text } from '@redpost/core';
import { type Consumer, Queue } from '@redpost/queue';
import { pace } from '../pace.js';
import type { Stage } from '../stage.js';
import { showStep } from '../step.js';

const backoffMs = 300;

/** One handler fails and is tried again; one fails for good, becomes a dead letter, and is redriven when it is mended. */
export async function failureAct(stage: Stage): Promise<void> {
  const { connection, names, screen } = stage;
  screen.heading(
    3,
    'A handler fails',
    'it is tried again; after its last attempt the message is kept as a dead letter',
  );
  await using queue = new Queue<string>(names.orders, { connection, codec: text() });
  let isMended = false;
  const consumer = queue.consume(
    async ({ body, attempt }) => {
      if (body === 'order 2' && attempt === 1) throw new Error('the mail server is busy');
      if (body === 'order 3' && !isMended) throw new Error('no such address');
      showStep(stage, 'handler', 'done', `${body}, attempt ${attempt}`);
    },
    { maxAttempts: 2, backoff: () => backoffMs },
  );
  consumer.on('failed', ({ delivery, error, next }) => {
    const then = next.action === 'retry' ? `again in ${backoffMs} ms` : 'now a dead letter';
    showStep(stage, 'handler', 'failed', `${delivery.body}: ${(error as Error).message}; ${then}`);
  });

  await queue.send('order 2');
  await handled(consumer, stage);
  await queue.send('order 3');
  await untilDead(consumer, stage);
  await pace(stage);

  const [letter] = await queue.deadLetters.list();
  showStep(stage, 'dead letter', letter?.reason ?? 'none', letter?.error ?? '');
  await pace(stage);
  isMended = true;
  const done = handled(consumer, stage);
  showStep(stage, 'dead letter', 'redriven', 'since the handler is mended now');
  await queue.deadLetters.redrive();
  await done;
}

/** Resolves when the consumer has acknowledged a message. */
function handled(consumer: Consumer<string>, { signal }: Stage): Promise<void> {
  return told(signal, (tell) => consumer.on('acked', tell));
}

function untilDead(consumer: Consumer<string>, { signal }: Stage): Promise<void> {
  return told(signal, (tell) =>
    consumer.on('failed', ({ next }) => {
      if (next.action === 'dead-letter') tell();
    }),
  );
}

/** @throws the reason of the signal. */
function told(signal: AbortSignal, listen: (tell: () => void) => () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    const unlisten = listen(() => {
      signal.removeEventListener('abort', stop);
      unlisten();
      resolve();
    });
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
  });
}
