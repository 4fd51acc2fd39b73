import { text } from '@redpost/core';
import { Topic } from '@redpost/topic';
import { pace } from '../pace.js';
import type { Stage } from '../stage.js';
import { showStep } from '../step.js';

/** A reader that comes late gets what was published before it came, and then what is published next. */
export async function topicAct(stage: Stage): Promise<void> {
  const { connection, names, screen, signal } = stage;
  screen.heading(
    4,
    'A topic keeps its records',
    'a reader that comes late begins at the beginning, and catches up',
  );
  await using topic = new Topic<string>(names.events, { connection, codec: text() });
  const publish = async (body: string) => {
    await topic.publish(body);
    showStep(stage, 'publisher', 'publishes', body);
    await pace(stage);
  };
  for (const body of ['ordered', 'paid', 'packed']) await publish(body);
  showStep(stage, 'late reader', 'begins', 'after 3 records');
  let read = 0;
  for await (const { body } of topic.read({ from: 'beginning', signal })) {
    read += 1;
    showStep(stage, 'late reader', 'got', body);
    if (read === 3) await publish('shipped');
    if (read === 4) break;
  }
  signal.throwIfAborted();
}
