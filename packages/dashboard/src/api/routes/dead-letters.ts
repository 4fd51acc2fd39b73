import type { DeadLetterFilter } from '@redpost/queue';
import { z } from 'zod';
import { operationSchema } from '../../acting/operations.js';
import { Problem } from '../../http/problem.js';
import { givenBody, givenBodySchema } from '../given-body.js';
import { deadLetterSchema, MessageViews, previewBytes, previewLength } from '../message-view.js';
import { type Call, route } from '../route.js';
import { confirmation, count, done, instant, iso, time, wholeInQuery } from '../schemas.js';
import { type Progress, startOperation } from './start-operation.js';

const tag = 'Dead letters';
const path = '/queues/{queue}/dead-letters';

const filterFields = {
  reason: z.string().optional(),
  error: z.string().optional().describe('A part of the text of the error'),
  fingerprint: z.string().optional().describe('The kind of error, as the groups tell it'),
  key: z.string().optional(),
  id: z.string().optional(),
  since: instant.optional(),
  until: instant.optional(),
};
const filterSchema = z.strictObject(filterFields);
type GivenFilter = z.infer<typeof filterSchema>;

const entries = z.array(z.string()).min(1).max(1000);
/** How many are read at a time to be deleted. */
const pageSize = 100;

/** Dead letters counted by what they died of. */
export const deadGroupsSchema = z.object({
  groups: z.array(
    z.object({
      reason: z.string(),
      error: z.string().describe('With numbers, ids and addresses replaced'),
      fingerprint: z.string(),
      count,
      first: time,
      last: time,
      sample: z.object({ id: z.string().optional(), entry: z.string() }),
    }),
  ),
  matching: count.describe('How many dead letters the filter means'),
  examined: count,
  of: count,
});

export const deadLetterRoutes = [
  route({
    method: 'get',
    path,
    role: 'view',
    summary: 'Dead letters, the oldest first, with the beginning of their bodies',
    tag,
    query: {
      ...filterFields,
      after: z.string().optional().describe('The entry to go on after'),
      limit: wholeInQuery(1, 100).default(25),
    },
    answer: z.object({ letters: z.array(deadLetterSchema), next: z.string().optional() }),
    async handle({ known, services, query }) {
      const { after, limit, ...given } = query;
      const filter = filterOf(given);
      const most = { maxBodyBytes: previewBytes };
      const letters = await known.queue.deadLetters.list({ limit, after, filter, ...most });
      const views = new MessageViews(known, services.bodies, previewLength);
      const next = letters.length === limit ? letters.at(-1)?.entry : undefined;
      return { letters: letters.map((letter) => views.deadLetter(letter)), next };
    },
  }),
  route({
    method: 'get',
    path: `${path}/groups`,
    role: 'view',
    summary: 'Dead letters counted by reason and by kind of error',
    tag,
    query: filterFields,
    answer: deadGroupsSchema,
    async handle({ queue, query, signal }) {
      const filter = filterOf(query) ?? {};
      const found = await queue.deadLetters.groups({ filter, signal, limit: 10_000 });
      const matching = found.groups.reduce((sum, group) => sum + group.count, 0);
      const groups = found.groups.slice(0, 100).map(({ first, last, sample, ...group }) => ({
        ...group,
        first: iso(first),
        last: iso(last),
        sample: { ...sample },
      }));
      return { groups, matching, examined: found.examined, of: found.of };
    },
  }),
  route({
    method: 'get',
    path: `${path}/{entry}`,
    role: 'view',
    summary: 'One dead letter',
    tag,
    answer: deadLetterSchema,
    async handle({ known, services, params }) {
      const letter = await known.queue.deadLetters.get(params.entry as string);
      if (!letter) throw new Problem(404, 'This dead letter is not there any more');
      return new MessageViews(known, services.bodies).deadLetter(letter);
    },
  }),
  route({
    method: 'post',
    path: `${path}/{entry}/redrive`,
    role: 'operate',
    summary: 'Sends one dead letter again, with another body if one is given',
    tag,
    body: { body: givenBodySchema.optional() },
    answer: done,
    async handle(call) {
      const { deadLetters } = call.queue;
      const entry = call.param('entry');
      const { body } = call.body;
      const action = body === undefined ? 'redrive' : 'edit and redrive';
      const redriven = await call.audited(
        { action, target: call.queue.name, detail: entry },
        () =>
          body === undefined
            ? deadLetters.redrive({ entries: [entry] }).then((result) => result.redriven > 0)
            : deadLetters.editAndRedrive(entry, givenBody(body, call.known)),
        (wasThere) => (wasThere ? 1 : 0),
      );
      if (!redriven) throw new Problem(404, 'This dead letter is not there any more');
      return { done: true };
    },
  }),
  route({
    method: 'post',
    path: `${path}/redrive`,
    role: 'operate',
    summary:
      'Sends dead letters again: chosen ones, or all that a filter means. Goes on in the background',
    tag,
    body: {
      entries: entries.optional(),
      filter: filterSchema.optional(),
      to: z.string().optional().describe('Another queue'),
      ratePerSecond: z.number().positive().optional(),
    },
    answer: operationSchema,
    async handle(call) {
      const { filter, to, ratePerSecond } = call.body;
      if (to !== undefined) {
        call.queueNamed(to);
        call.demand('operate', to);
      }
      const detail = [describe(call.body), to && `to ${to}`, ratePerSecond && `${ratePerSecond}/s`];
      const target = call.queue.name;
      return startOperation(
        call,
        { kind: 'redrive', target, detail: detail.filter(Boolean).join(', ') },
        async (signal, progressed) => {
          const result = await call.queue.deadLetters.redrive({
            ...(call.body.entries
              ? { entries: call.body.entries }
              : { filter: filterOf(filter ?? {}) }),
            to,
            ratePerSecond,
            signal,
            onProgress: ({ redriven, examined, of }) =>
              progressed({ changed: redriven, examined, of }),
          });
          return { changed: result.redriven, examined: result.examined, of: result.of };
        },
      );
    },
  }),
  route({
    method: 'post',
    path: `${path}/delete`,
    role: 'destroy',
    summary:
      'Deletes dead letters: chosen ones, or all that a filter means. Goes on in the background',
    tag,
    body: { confirm: confirmation, entries: entries.optional(), filter: filterSchema.optional() },
    answer: operationSchema,
    async handle(call) {
      call.confirm(call.body.confirm, call.queue.name);
      const about = { kind: 'delete', target: call.queue.name, detail: describe(call.body) };
      return startOperation(call, about, (signal, progressed) =>
        deleteLetters(call, signal, progressed),
      );
    },
  }),
];

type Selection = { entries?: string[] | undefined; filter?: GivenFilter | undefined };

/** Undefined where nothing is filtered. */
function filterOf({ since, until, ...texts }: GivenFilter): DeadLetterFilter | undefined {
  const filter = {
    ...texts,
    since: since === undefined ? undefined : new Date(since),
    until: until === undefined ? undefined : new Date(until),
  };
  return Object.values(filter).every((value) => value === undefined) ? undefined : filter;
}

function describe({ entries, filter }: Selection): string {
  if (entries) return `${entries.length} chosen`;
  const given = Object.entries(filter ?? {}).filter(([, value]) => value !== undefined);
  return given.length === 0 ? 'all' : given.map(([name, value]) => `${name}: ${value}`).join(', ');
}

async function deleteLetters(
  { queue, body }: Call<undefined, Selection>,
  signal: AbortSignal,
  progressed: (progress: Progress) => void,
): Promise<Progress> {
  const { deadLetters } = queue;
  if (body.entries) {
    const removed = await deadLetters.remove(body.entries);
    return { changed: removed, examined: removed, of: body.entries.length };
  }
  const filter = filterOf(body.filter ?? {});
  const of = await deadLetters.count();
  if (!filter) return { changed: await deadLetters.purge(), examined: of, of };
  // Those that die meanwhile are not meant.
  const until = filter.until ?? new Date();
  const progress = { changed: 0, examined: 0, of };
  let after: string | undefined;
  while (!signal.aborted) {
    const letters = await deadLetters.list({
      filter: { ...filter, until },
      limit: pageSize,
      after,
      maxBodyBytes: 0,
    });
    if (letters.length === 0) break;
    after = letters.at(-1)?.entry;
    progress.changed += await deadLetters.remove(letters.map(({ entry }) => entry));
    progress.examined += letters.length;
    progressed({ ...progress });
  }
  return progress;
}
