import { Broadcast } from '../broadcast.js';
import type { Listener } from '../listener.js';
import { pace } from '../pace.js';
import type { Stage } from '../stage.js';

export interface PubsubResult {
  published: number;
  listeners: readonly Listener[];
  /** Every listener got what was published while it listened, and Redis counted them right. */
  isExact: boolean;
}

/** Publishes to nobody, to one and to two subscribers, of whom the second joins late. */
export async function pubsubAct(stage: Stage): Promise<PubsubResult> {
  stage.screen.heading(
    5,
    'Publish and subscribe',
    'a message reaches who listens at that moment: who joins late gets only what comes later',
  );
  await using broadcast = new Broadcast(stage);
  const steps = [
    () => broadcast.publish('first edition'),
    () => broadcast.join('early'),
    () => broadcast.publish('second edition'),
    () => broadcast.join('late'),
    () => broadcast.publish('third edition'),
    () => broadcast.publish('fourth edition'),
  ];
  for (const step of steps) {
    await step();
    await pace(stage);
  }
  return broadcast.finish();
}
