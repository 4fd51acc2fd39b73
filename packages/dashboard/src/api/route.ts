import type { Connection } from '@redpost/core';
import { z } from 'zod';
import type { Rights, Role } from '../access/access.js';
import type { Audit, AuditEntry } from '../acting/audit.js';
import type { Operations } from '../acting/operations.js';
import { Problem } from '../http/problem.js';
import type { CheckedOptions } from '../options.js';
import type { BodyViewer } from '../watching/body-view.js';
import type { ChannelPool } from '../watching/channel-pool.js';
import type { KnownQueue, QueuePool } from '../watching/queue-pool.js';
import type { Sampler } from '../watching/sampler.js';
import type { TopicPool } from '../watching/topic-pool.js';
import type { TopicSampler } from '../watching/topic-sampler.js';

/** What all routes share. */
export interface Services {
  options: CheckedOptions;
  connection: Connection;
  pool: QueuePool;
  topics: TopicPool;
  topicSampler: TopicSampler;
  channels: ChannelPool;
  sampler: Sampler;
  bodies: BodyViewer;
  operations: Operations;
  audit: Audit;
}

/** A request whose parameters, query and body fit what the route asks for. */
export class Call<Query, Body> {
  readonly services: Services;
  readonly rights: Rights;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly body: Body;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;

  constructor(call: {
    services: Services;
    rights: Rights;
    params: Readonly<Record<string, string>>;
    query: Query;
    body: Body;
    signal: AbortSignal;
  }) {
    this.services = call.services;
    this.rights = call.rights;
    this.params = call.params;
    this.query = call.query;
    this.body = call.body;
    this.signal = call.signal;
  }

  param(name: string): string {
    return this.params[name] as string;
  }

  /** The queue that the path names. @throws Problem if it is not shown. */
  get known(): KnownQueue {
    return this.queueNamed(this.param('queue'));
  }

  get queue(): KnownQueue['queue'] {
    return this.known.queue;
  }

  queueNamed(name: string): KnownQueue {
    const known = this.services.pool.get(name);
    if (known && this.rights.allows('view', name)) return known;
    throw new Problem(404, `There is no queue ${JSON.stringify(name)} here`);
  }

  /** @throws Problem unless they may do that with it. */
  demand(role: Role, name: string): void {
    if (!this.rights.allows(role, name)) throw refused(role, name);
  }

  /** @throws Problem unless the name was typed. */
  confirm(typed: string, name: string): void {
    if (typed !== name) throw new Problem(400, 'The name that was typed is another one');
  }

  /** Does something, and notes who did it. */
  async audited<Result>(
    about: { action: string; target: string; detail?: string },
    act: () => Promise<Result>,
    countOf: (result: Result) => number | undefined = () => undefined,
  ): Promise<Result> {
    const entry = { detail: '', ...about, user: this.rights.user };
    try {
      const result = await act();
      await this.note({ ...entry, count: countOf(result), outcome: 'done' });
      return result;
    } catch (error) {
      await this.note({ ...entry, outcome: 'failed' });
      throw error;
    }
  }

  note(entry: Omit<AuditEntry, 'id' | 'at'>): Promise<void> {
    return this.services.audit.note(entry);
  }
}

export function refused(role: Role, name: string | undefined): Problem {
  const where = name === undefined ? '' : ` with ${JSON.stringify(name)}`;
  return new Problem(403, `That needs the right to ${role}${where}, or the dashboard is read-only`);
}

/** One method of one path. */
export interface Route {
  method: 'get' | 'post' | 'put' | 'delete';
  /** E.g. `/queues/{queue}`. What is named `queue`, `topic` or `channel` decides whose rights are asked. */
  path: string;
  role: Role;
  summary: string;
  tag: string;
  query: z.ZodObject | undefined;
  body: z.ZodObject | undefined;
  answer: z.ZodType;
  /** How often the answer is looked up for those who ask for a stream of events, in ms; undefined where that is not offered. */
  everyMs: number | undefined;
  /** Set for a stream of what comes from now on: `answer` is what each event has. */
  tail: ((call: Call<never, never>) => Promise<Follow>) | undefined;
  handle(call: Call<never, never>): Promise<unknown>;
}

/** Calls `came` for each item until the signal is aborted, and resolves then. */
export type Follow = (signal: AbortSignal, came: (item: () => unknown) => void) => Promise<void>;

type Fields = z.ZodRawShape;
type Output<Schema> = Schema extends z.ZodRawShape ? z.output<z.ZodObject<Schema>> : undefined;

interface Definition<Query, Body, Answer extends z.ZodType>
  extends Pick<Route, 'method' | 'path' | 'role' | 'summary' | 'tag'> {
  query?: Query;
  body?: Body;
  answer: Answer;
  everyMs?: number;
  handle(call: Call<Output<Query>, Output<Body>>): Promise<z.input<Answer>>;
}

/** Defines a route, whose handler gets what was checked. */
export function route<
  Answer extends z.ZodType,
  const Query extends Fields | undefined = undefined,
  const Body extends Fields | undefined = undefined,
>(definition: Definition<Query, Body, Answer>): Route {
  const { query, body, everyMs, handle } = definition;
  return {
    ...definition,
    everyMs,
    tail: undefined,
    query: query && z.object(query),
    body: body && z.strictObject(body),
    handle: handle as unknown as Route['handle'],
  };
}

/** Defines a route that streams what comes from now on. What it throws at first is answered as a problem. */
export function tailRoute<
  Item extends z.ZodType,
  const Query extends Fields | undefined = undefined,
>(
  definition: Pick<Route, 'path' | 'summary' | 'tag'> & {
    query?: Query;
    item: Item;
    tail(call: Call<Output<Query>, undefined>): Promise<Follow>;
  },
): Route {
  const { path, summary, tag, query, item, tail } = definition;
  return {
    ...{ method: 'get', path, summary, tag, role: 'view', body: undefined, everyMs: undefined },
    query: query && z.object(query),
    answer: z.object({
      items: z.array(item),
      skipped: z.int().describe('How many came beside these, and are not shown'),
    }),
    tail: tail as unknown as Route['tail'],
    handle: () => Promise.resolve(),
  };
}
