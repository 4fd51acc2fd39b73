import { isRedpostError } from '@redpost/core';
import type { HistoryRecord } from '@redpost/queue';
import { z } from 'zod';
import { givenBody, givenBodySchema } from '../given-body.js';
import {
  deadLetterSchema,
  MessageViews,
  messageSchema,
  previewBytes,
  previewLength,
} from '../message-view.js';
import { type Call, route } from '../route.js';
import { count, instant, iso, time, wholeInQuery } from '../schemas.js';

const tag = 'Messages';
const path = '/queues/{queue}/messages/{id}';
const outcome = z.enum(['acked', 'retried', 'dead', 'expired', 'cancelled']);

const recordSchema = z.object({
  id: z.string(),
  key: z.string().optional(),
  outcome,
  attempts: count,
  at: time,
  waitMs: z.number().optional(),
  runMs: z.number().optional(),
  consumer: z.string(),
  error: z.string().optional(),
  fingerprint: z
    .string()
    .optional()
    .describe('The kind of error, as the groups of dead letters tell it'),
  stack: z
    .string()
    .optional()
    .describe('Where it was thrown; of errors of one kind, where the first was'),
});

/** A record without its body, which may be hidden from who looks. */
function recordView({ body: _, at, ...each }: HistoryRecord<unknown>) {
  return { ...each, at: iso(at) };
}

/** So many active messages are looked at for one of them. */
const mostActive = 1000;
/** So many attempts at one message are shown. */
const mostAttempts = 50;

export const messageRoutes = [
  route({
    method: 'get',
    path: '/queues/{queue}/messages',
    role: 'view',
    summary: 'Messages in one state, with the beginning of their bodies',
    tag,
    query: {
      state: z.enum(['pending', 'active', 'delayed']).default('pending'),
      limit: wholeInQuery(1, 100).default(25),
    },
    answer: z.object({ messages: z.array(messageSchema) }),
    everyMs: 3000,
    async handle({ known, services, query }) {
      const { state, limit } = query;
      const messages = await known.queue.peek(limit, { state, maxBodyBytes: previewBytes });
      const views = new MessageViews(known, services.bodies, previewLength);
      return { messages: messages.map((each) => views.message(each, state)) };
    },
  }),
  route({
    method: 'get',
    path: '/queues/{queue}/history',
    role: 'view',
    summary: 'What was settled last, where the queue keeps a history',
    tag,
    query: {
      outcome: outcome.optional(),
      id: z.string().optional(),
      limit: wholeInQuery(1, 200).default(50),
    },
    answer: z.object({ records: z.array(recordSchema) }),
    everyMs: 3000,
    async handle({ queue, query, signal }) {
      const { limit, id, outcome } = query;
      const records = await queue.history.list({ limit, id, outcome, signal });
      return { records: records.map(recordView) };
    },
  }),
  route({
    method: 'get',
    path,
    role: 'view',
    summary: 'One message by its id, wherever it is',
    tag,
    query: {
      maxScanned: wholeInQuery(1, 1_000_000_000)
        .default(100_000)
        .describe('How many waiting messages are looked at'),
    },
    answer: z.object({
      state: z.enum([
        'pending',
        'active',
        'delayed',
        'dead',
        'done',
        'expired',
        'cancelled',
        'unknown',
      ]),
      scanned: z
        .boolean()
        .describe('False when more messages wait than were looked at: it may be one of them'),
      message: messageSchema.optional(),
      deadLetter: deadLetterSchema.optional(),
      result: z
        .object({
          state: z.string(),
          attempt: count,
          progress: z.unknown(),
          error: z.string().optional(),
        })
        .optional()
        .describe('For a message that was sent with keepResultMs'),
      attempts: z.array(recordSchema).describe('Where the queue keeps a history: the newest first'),
    }),
    handle: async (call) => new MessageLookup(call, call.query.maxScanned).run(),
  }),
  route({
    method: 'post',
    path: '/queues/{queue}/messages',
    role: 'operate',
    summary: 'Sends a message',
    tag,
    body: {
      body: givenBodySchema,
      key: z.string().optional(),
      priority: z.int().min(0).max(9).optional(),
      delayMs: z.int().min(0).optional(),
      headers: z.record(z.string(), z.string()).optional(),
    },
    answer: z.object({ id: z.string() }),
    async handle(call) {
      const { body, ...options } = call.body;
      const about = { action: 'send', target: call.queue.name };
      const send = () => call.queue.send(givenBody(body, call.known), options);
      return { id: await call.audited(about, send, () => 1) };
    },
  }),
  route({
    method: 'put',
    path,
    role: 'operate',
    summary: 'Changes a message that waits',
    tag,
    body: {
      body: givenBodySchema.optional(),
      dueAt: instant.optional(),
      priority: z.int().min(0).max(9).optional(),
    },
    answer: z.object({ result: z.enum(['updated', 'active', 'gone']) }),
    async handle(call) {
      const { body, dueAt, priority } = call.body;
      const changes = {
        ...(body === undefined ? {} : { body: givenBody(body, call.known) }),
        ...(dueAt === undefined ? {} : { delayMs: Math.max(0, Date.parse(dueAt) - Date.now()) }),
        ...(priority === undefined ? {} : { priority }),
      };
      const detail = `${call.param('id')}: ${Object.keys(changes).join(', ')}`;
      const about = { action: 'update', target: call.queue.name, detail };
      const result = await call.audited(
        about,
        () => call.queue.update(call.param('id'), changes, { signal: call.signal }),
        (updated) => (updated === 'updated' ? 1 : 0),
      );
      return { result };
    },
  }),
  route({
    method: 'post',
    path: `${path}/cancel`,
    role: 'operate',
    summary: 'Cancels a message, also one that a consumer has',
    tag,
    body: { reason: z.string().max(1000).optional() },
    answer: z.object({ result: z.enum(['removed', 'signalled', 'gone']) }),
    async handle(call) {
      const { reason = '' } = call.body;
      const detail = `${call.param('id')}${reason && `: ${reason}`}`;
      const result = await call.audited(
        { action: 'cancel', target: call.queue.name, detail },
        () => call.queue.cancel(call.param('id'), reason, { signal: call.signal }),
        (cancelled) => (cancelled === 'gone' ? 0 : 1),
      );
      return { result };
    },
  }),
];

type LookupState = 'pending' | 'active' | 'delayed' | 'dead' | 'done' | 'expired' | 'cancelled';

/** Looks for one message in all places where it may be. */
class MessageLookup {
  readonly #call: Call<unknown, undefined>;
  readonly #id: string;
  readonly #maxScanned: number;
  readonly #views: MessageViews;

  constructor(call: Call<unknown, undefined>, maxScanned: number) {
    this.#call = call;
    this.#id = call.param('id');
    this.#maxScanned = maxScanned;
    this.#views = new MessageViews(call.known, call.services.bodies);
  }

  async run() {
    const [waiting, result, attempts] = await Promise.all([
      this.#waiting(),
      this.#result(),
      this.#attempts(),
    ]);
    const deadLetter = waiting.message ? undefined : await this.#deadLetter();
    const ended = result && ['done', 'expired', 'cancelled'].includes(result.state);
    const state =
      waiting.message?.state ??
      (deadLetter ? 'dead' : ended ? (result.state as LookupState) : this.#lastState(attempts));
    return {
      state: state ?? ('unknown' as const),
      scanned: waiting.scanned,
      message: waiting.message,
      deadLetter,
      result,
      attempts,
    };
  }

  async #waiting() {
    const { queue, signal } = this.#call;
    try {
      const found = await queue.find(this.#id, { maxScanned: this.#maxScanned, signal });
      if (found === undefined) return { scanned: true };
      if (found !== 'active') {
        return { scanned: true, message: this.#views.message(found, found.state) };
      }
      const active = await queue.peek(mostActive, {
        state: 'active',
        maxBodyBytes: this.#call.services.bodies.maxBodyBytes,
      });
      const its = active.find(({ id }) => id === this.#id);
      return { scanned: true, message: its && this.#views.message(its, 'active') };
    } catch (error) {
      if (!isRedpostError(error, 'SEARCH_LIMIT')) throw error;
      return { scanned: false };
    }
  }

  async #deadLetter() {
    const { queue } = this.#call;
    const { maxBodyBytes } = this.#call.services.bodies;
    const filter = { id: this.#id };
    const [letter] = await queue.deadLetters.list({ filter, limit: 1, maxBodyBytes });
    return letter && this.#views.deadLetter(letter);
  }

  async #result() {
    const { connection } = this.#call.services;
    const { queue } = this.#call;
    // Only what is kept is asked for: `result()` looks through all that waits.
    const isKept = Number(await connection.call('EXISTS', [`{${queue.name}}:result:${this.#id}`]));
    if (!isKept) return undefined;
    const result = await queue.result(this.#id);
    if (!result) return undefined;
    const { state, attempt, progress, error } = result;
    return { state, attempt, progress, error: error?.message };
  }

  async #attempts() {
    const { queue, signal } = this.#call;
    const records = await queue.history.list({ id: this.#id, limit: mostAttempts, signal });
    return records.map(recordView);
  }

  #lastState(attempts: readonly { outcome: string }[]): LookupState | undefined {
    const last = attempts[0]?.outcome;
    if (last === 'acked') return 'done';
    return last === 'expired' || last === 'cancelled' ? last : undefined;
  }
}
