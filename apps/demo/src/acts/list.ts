import { text } from '@redpost/core';
import { List } from '@redpost/queue';
import { pace } from '../pace.js';
import type { Stage } from '../stage.js';
import { milliseconds } from '../terminal/format.js';

/** The primitives that everything else is made of: pushed on the left, taken from the right. */
export async function listAct(stage: Stage): Promise<void> {
  const { connection, names, screen } = stage;
  screen.heading(
    1,
    'A Redis list is a queue',
    'push on the left, pop on the right: first in, first out',
  );
  const tasks = new List<string>(names.list, { connection, codec: text() });
  const show = (command: string, result: string) =>
    screen.line(`   ${command.padEnd(28)}${screen.paint.dim('→')} ${result}`);

  show('LPUSH task1 task2 task3', `${await tasks.lpush('task1', 'task2', 'task3')} in the list`);
  await pace(stage);
  show('LINDEX -1', `${await tasks.lindex(-1)}, which stays`);
  await pace(stage);
  for (let left = await tasks.llen(); left > 0; left -= 1) show('RPOP', `${await tasks.rpop()}`);
  await pace(stage);
  show('RPOP', `${(await tasks.rpop()) ?? 'nothing: the list is empty'}`);
  await pace(stage);
  await showBlockingRead(stage, tasks, show);
}

async function showBlockingRead(
  stage: Stage,
  tasks: List<string>,
  show: (command: string, result: string) => void,
): Promise<void> {
  const start = performance.now();
  const pushing = pace(stage).then(() => tasks.lpush('task4'));
  const [value] = await Promise.all([tasks.brpop({ signal: stage.signal }), pushing]);
  const waited = milliseconds(performance.now() - start);
  show('BRPOP', `${value}, after a wait of ${waited} until it was pushed`);
}
