import { type ChildProcess, fork } from 'node:child_process';
import { on } from 'node:events';
import { fileURLToPath } from 'node:url';
import { text } from '@redpost/core';
import { Queue } from '@redpost/queue';
import { pace } from '../pace.js';
import type { Stage } from '../stage.js';
import { showStep } from '../step.js';
import { seconds } from '../terminal/format.js';

const victimFile = fileURLToPath(new URL('victim.js', import.meta.url));
/** How long a dead consumer keeps its messages. It is 30 s by default: this one is for people who watch. */
const leaseMs = 1000;

/** A consumer is killed while it has a message, which comes back. With RPOP, it would be gone. */
export async function crashAct(stage: Stage): Promise<void> {
  const { connection, names, screen, signal } = stage;
  screen.heading(
    2,
    'A consumer dies, its message does not',
    'with RPOP it would be gone: here it is leased, and comes back when the lease has run out',
  );
  await using queue = new Queue<string>(names.orders, {
    connection,
    codec: text(),
    consume: { leaseMs },
  });
  const victim = startVictim(stage);
  try {
    await queue.send('order 1');
    showStep(stage, `process ${victim.pid}`, 'got', await firstMessage(victim, signal));
    await pace(stage);
    victim.kill('SIGKILL');
    const killedAt = performance.now();
    showStep(stage, 'kill -9', `${victim.pid}`, 'in the middle of it');
    const delivery = await queue.receive({ timeoutMs: 10_000, signal });
    const waited = seconds(performance.now() - killedAt);
    const again = delivery ? `${delivery.body}, attempt ${delivery.attempt}` : 'nothing';
    showStep(stage, 'another one', 'got', `${again}, ${waited} later`);
    await delivery?.ack();
    await pace(stage);
  } finally {
    victim.kill('SIGKILL');
  }
}

/** A consumer in a process of its own. */
function startVictim({ url, names }: Stage): ChildProcess {
  const env = {
    ...process.env,
    REDIS_URL: url,
    DEMO_QUEUE: names.orders,
    DEMO_LEASE_MS: `${leaseMs}`,
  };
  return fork(victimFile, { env });
}

/** @throws when it ends before it has taken one, or the signal is aborted. */
async function firstMessage(victim: ChildProcess, signal: AbortSignal): Promise<string> {
  for await (const [body] of on(victim, 'message', { signal, close: ['exit'] }))
    return String(body);
  throw new Error('The consumer has ended before it took a message');
}
