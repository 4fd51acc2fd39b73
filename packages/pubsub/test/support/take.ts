import type { Subscription } from '../../src/index.js';

/** The bodies of the next `count` messages. Fails when one does not come within five seconds. */
export async function take<Body>(subscription: Subscription<Body>, count: number): Promise<Body[]> {
  const bodies: Body[] = [];
  while (bodies.length < count) {
    const message = await subscription.next({ timeoutMs: 30_000 });
    if (!message) throw new Error(`got ${bodies.length} of ${count} messages`);
    bodies.push(message.body);
  }
  return bodies;
}
