import type { DeadLetter, PeekedMessage, StoredMessage } from '@redpost/queue';
import { z } from 'zod';
import type { BodyViewer } from '../watching/body-view.js';
import { bodySchema } from '../watching/body-view.js';
import type { KnownQueue } from '../watching/queue-pool.js';
import { count, iso, time } from './schemas.js';

export const flowNameSchema = z.object({
  id: z.string(),
  queue: z.string().describe('The queue that the flow continues in'),
});

export const messageSchema = z.object({
  id: z.string().optional().describe('Missing for a bare payload that was not delivered yet'),
  state: z.enum(['pending', 'active', 'delayed']),
  key: z.string().optional(),
  priority: count,
  sentAt: time.optional(),
  attempt: count.describe(
    'How often it was delivered before; not counting now, while it is active',
  ),
  headers: z.record(z.string(), z.string()),
  dueAt: time.optional(),
  consumer: z.string().optional(),
  flow: flowNameSchema.optional().describe('The flow that it is a member of'),
  continues: flowNameSchema.optional().describe('The flow whose continuation it is'),
  body: bodySchema,
});

export const deadLetterSchema = messageSchema.omit({ state: true, dueAt: true }).extend({
  entry: z.string().describe('Where it stands among the dead letters'),
  reason: z.string(),
  error: z.string(),
  stack: z.string().optional(),
  process: z.string().optional(),
  ranMs: z.number().optional(),
  diedAt: time,
  origin: z.string().optional(),
});

/** How many characters of a body are shown in a list, and how many bytes of it are read for that. */
export const previewLength = 400;
export const previewBytes = 4096;

/** Shows messages of one queue. */
export class MessageViews {
  readonly #known: KnownQueue;
  readonly #bodies: BodyViewer;
  readonly #most: number | undefined;

  /** @param most how many characters of each body. Default: what the dashboard shows. */
  constructor(known: KnownQueue, bodies: BodyViewer, most?: number) {
    this.#known = known;
    this.#bodies = bodies;
    this.#most = most;
  }

  message(
    message: StoredMessage &
      Partial<Pick<PeekedMessage, 'state' | 'dueAt' | 'consumer' | 'bodyBytes'>>,
    state: z.infer<typeof messageSchema>['state'],
  ): z.infer<typeof messageSchema> {
    const { dueAt, consumer } = message;
    return { ...this.stored(message), state, dueAt: iso(dueAt), consumer };
  }

  deadLetter(letter: DeadLetter): z.infer<typeof deadLetterSchema> {
    const { entry, reason, error, stack, consumer, process, ranMs, diedAt, origin } = letter;
    const about = { entry, reason, error, stack, consumer, process, ranMs, origin };
    return { ...this.stored(letter), ...about, diedAt: iso(diedAt) };
  }

  /** A message that is in none of these states. */
  stored(message: StoredMessage & { bodyBytes?: number }) {
    const { id, key, priority, sentAt, attempt, headers, body, bytes, flow, flowEnd } = message;
    const { bodyBytes = bytes.length } = message;
    const { name } = this.#known.queue;
    const origin = { kind: 'queue' as const, name, id };
    const read = { body, bytes, bodyBytes, isRaw: this.#known.isRaw };
    const shown = this.#bodies.view(read, origin, this.#most);
    return {
      id,
      key,
      priority,
      sentAt: iso(sentAt),
      attempt,
      headers: { ...headers },
      flow,
      continues: flowEnd && { id: flowEnd.id, queue: name },
      body: shown,
    };
  }
}
