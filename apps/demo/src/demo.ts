import { asError, type Connection } from '@redpost/core';
import { crashAct } from './acts/crash.js';
import { failureAct } from './acts/failure.js';
import { listAct } from './acts/list.js';
import { pubsubAct } from './acts/pubsub.js';
import { queueAct } from './acts/queue.js';
import { topicAct } from './acts/topic.js';
import type { DemoOptions } from './options.js';
import { openRedis } from './redis.js';
import { RunNames } from './run-names.js';
import { summarize } from './summary.js';
import type { Screen } from './terminal/screen.js';

/** Plays the acts. Resolves to whether every message arrived, and none of them twice. */
export async function runDemo(
  options: DemoOptions,
  screen: Screen,
  signal: AbortSignal,
): Promise<boolean> {
  await using redis = await openRedis(options.redis, signal);
  signal.throwIfAborted();
  const { connection, connect, url } = redis;
  const names = new RunNames();
  const stage = { connection, connect, url, names, options, screen, signal };

  screen.line(`${screen.paint.bold('redpost demo')} on ${redis.description}`);
  await using dashboard = options.dashboard
    ? await (await import('./dashboard.js')).openDashboard(connection, {
        inBrowser: screen.isTerminal,
      })
    : undefined;
  if (dashboard) screen.line(`The dashboard is at ${dashboard.address} until the demo ends`);
  try {
    await listAct(stage);
    await crashAct(stage);
    await failureAct(stage);
    await topicAct(stage);
    const pubsub = await pubsubAct(stage);
    const queue = await queueAct(stage);
    return summarize(screen, queue, pubsub);
  } finally {
    await cleanUp(names, connection, screen);
  }
}

/** Reports what it cannot delete rather than failing, which would hide why the demo ended. */
async function cleanUp(names: RunNames, connection: Connection, screen: Screen): Promise<void> {
  try {
    await names.remove(connection);
  } catch (error) {
    const { message } = asError(error);
    screen.status(undefined);
    screen.line(screen.paint.bad(`Keys with ${names.prefix} may be left: ${message}`));
  }
}
