import type { Consumer } from '@redpost/queue';
import { crash } from './crash.js';

/** A consumer that ends the measurement when anything goes wrong. */
export function strict<Body>(consumer: Consumer<Body>): Consumer<Body> {
  consumer.on('error', crash);
  consumer.on('failed', ({ error }) => crash(error));
  consumer.on('lost', () => crash(new Error('The lease was lost')));
  return consumer;
}
