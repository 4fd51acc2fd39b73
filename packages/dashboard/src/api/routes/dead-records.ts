import { fingerprint, normalised, Pace } from '@redpost/core/consuming';
import type { DeadRecord, Topic } from '@redpost/topic';
import { z } from 'zod';
import { operationSchema } from '../../acting/operations.js';
import { Problem } from '../../http/problem.js';
import { givenBody, givenBodySchema } from '../given-body.js';
import { previewBytes } from '../message-view.js';
import { type Call, route } from '../route.js';
import { confirmation, done, iso, time, wholeInQuery } from '../schemas.js';
import { deadGroupsSchema } from './dead-letters.js';
import { type Progress, startOperation } from './start-operation.js';
import { existingGroup, groupPath, recordSchema, recordView, topicOf } from './topics.js';

const tag = 'Topics';
const path = `${groupPath}/dead-letters`;

const filterFields = {
  reason: z.string().optional(),
  fingerprint: z.string().optional().describe('The kind of error, as the groups tell it'),
};
const filterSchema = z.strictObject(filterFields);
type Filter = z.infer<typeof filterSchema>;

const letterSchema = recordSchema.extend({
  entry: z.string(),
  attempt: z.int(),
  reason: z.string(),
  error: z.string(),
  diedAt: time,
});

const entries = z.array(z.string()).min(1).max(1000);
/** How many are read at a time, and how many at most to be grouped, and for one page of those that a filter means. */
const [pageSize, mostGrouped, mostExamined] = [200, 10_000, 2000];
/** How many groups are told, the largest ones. */
const mostGroups = 100;

/** Dead letters of the groups of topics. */
export const deadRecordRoutes = [
  route({
    method: 'get',
    path,
    role: 'view',
    summary: 'Dead letters of a group, the oldest first',
    tag,
    query: {
      ...filterFields,
      after: z.string().optional().describe('The entry to go on after'),
      limit: wholeInQuery(1, 100).default(25),
    },
    answer: z.object({
      letters: z.array(letterSchema),
      next: z.string().optional().describe('There may be more after this entry'),
    }),
    async handle(call) {
      const { topic, deadLetters } = await lettersOf(call);
      const { after, limit, ...filter } = call.query;
      const isFiltered = Object.values(filter).some((value) => value !== undefined);
      const size = isFiltered ? pageSize : limit;
      const most = isFiltered ? mostExamined : limit;
      const found: DeadRecord<Buffer>[] = [];
      let next: string | undefined;
      for await (const page of pagesOf(deadLetters, { after, size, most, previewed: true })) {
        next = page.length === size ? page.at(-1)?.entry : undefined;
        found.push(...page.filter((letter) => isMeant(filter, letter)));
        if (found.length >= limit) break;
      }
      if (found.length > limit) next = found[limit - 1]?.entry;
      const view = (letter: DeadRecord<Buffer>) => letterView(call, topic.name, letter);
      return { letters: found.slice(0, limit).map(view), next };
    },
  }),
  route({
    method: 'get',
    path: `${path}/groups`,
    role: 'view',
    summary: 'The 10,000 oldest dead letters of a group counted by reason and by kind of error',
    tag,
    query: filterFields,
    answer: deadGroupsSchema,
    async handle(call) {
      const { deadLetters } = await lettersOf(call);
      const of = await deadLetters.count();
      const counted = new Counted();
      let examined = 0;
      for await (const page of pagesOf(deadLetters, { most: Math.min(of, mostGrouped) })) {
        if (call.signal.aborted) break;
        examined += page.length;
        for (const letter of page) if (isMeant(call.query, letter)) counted.add(letter);
      }
      return { groups: counted.largest(), matching: counted.count, examined, of };
    },
  }),
  route({
    method: 'get',
    path: `${path}/{entry}`,
    role: 'view',
    summary: 'One dead letter of a group',
    tag,
    answer: letterSchema,
    async handle(call) {
      const { topic, deadLetters } = await lettersOf(call);
      const letter = await deadLetters.get(call.param('entry'));
      if (!letter) throw notThere();
      return letterView(call, topic.name, letter, call.services.bodies.maxBodyBytes);
    },
  }),
  route({
    method: 'post',
    path: `${path}/{entry}/redrive`,
    role: 'operate',
    summary: 'Delivers one dead letter to the group again, with another body if one is given',
    tag,
    body: { body: givenBodySchema.optional() },
    answer: done,
    async handle(call) {
      const { group, deadLetters } = await lettersOf(call);
      const entry = call.param('entry');
      const { body } = call.body;
      const bytes = body && (givenBody(body, { isRaw: true }) as Buffer);
      const action = bytes ? 'edit and redrive' : 'redrive';
      const redriven = await call.audited(
        { action, target: call.param('topic'), detail: `${group}, ${entry}` },
        () => deadLetters.redrive({ entries: [entry], map: bytes && (() => bytes) }),
        (count) => count,
      );
      if (!redriven) throw notThere();
      return { done: true };
    },
  }),
  route({
    method: 'post',
    path: `${path}/redrive`,
    role: 'operate',
    summary:
      'Delivers dead letters to the group again: chosen ones, or all that a filter means. Goes on in the background',
    tag,
    body: {
      entries: entries.optional(),
      filter: filterSchema.optional(),
      ratePerSecond: z.number().positive().optional(),
    },
    answer: operationSchema,
    async handle(call) {
      const { deadLetters } = await lettersOf(call);
      return startFor(call, 'redrive', deadLetters, (chosen) =>
        deadLetters.redrive({ entries: chosen }),
      );
    },
  }),
  route({
    method: 'post',
    path: `${path}/delete`,
    role: 'destroy',
    summary:
      'Deletes dead letters of a group: chosen ones, or all that a filter means. Goes on in the background',
    tag,
    body: {
      confirm: confirmation.describe('The name of the group, as a confirmation'),
      entries: entries.optional(),
      filter: filterSchema.optional(),
    },
    answer: operationSchema,
    async handle(call) {
      const { group, deadLetters } = await lettersOf(call);
      call.confirm(call.body.confirm, group);
      return startFor(call, 'delete', deadLetters, (chosen) => deadLetters.remove(chosen));
    },
  }),
];

type DeadLetters = ReturnType<Topic<Buffer>['group']>['deadLetters'];

async function lettersOf(call: Call<unknown, unknown>) {
  const topic = await topicOf(call);
  const group = await existingGroup(call, topic);
  return { topic, group, deadLetters: topic.group(group).deadLetters };
}

/** Dead letters, the oldest first, without their bodies unless they are to be previewed. */
async function* pagesOf(
  deadLetters: DeadLetters,
  options: { after?: string | undefined; size?: number; most: number; previewed?: boolean },
): AsyncGenerator<DeadRecord<Buffer>[]> {
  const { size = pageSize, most, previewed = false } = options;
  let { after } = options;
  for (let examined = 0; examined < most; ) {
    const limit = Math.min(size, most - examined);
    const maxBodyBytes = previewed ? previewBytes : 0;
    const page = await deadLetters.list({ limit, after, maxBodyBytes });
    if (page.length === 0) return;
    examined += page.length;
    after = page.at(-1)?.entry;
    yield page;
  }
}

function letterView(
  call: Call<unknown, unknown>,
  topic: string,
  { entry, attempt, reason, error, diedAt, ...record }: DeadRecord<Buffer>,
  most?: number,
) {
  return {
    ...recordView(topic, record, call.services.bodies, most),
    ...{ entry, attempt, reason, error, diedAt: iso(diedAt) },
  };
}

function notThere(): Problem {
  return new Problem(404, 'This dead letter is not there any more');
}

type Letter = Pick<DeadRecord, 'entry' | 'reason' | 'error'>;

function isMeant(filter: Filter, { reason, error }: Letter): boolean {
  if (filter.reason !== undefined && filter.reason !== reason) return false;
  return filter.fingerprint === undefined || filter.fingerprint === fingerprint(error);
}

interface Chosen {
  entries?: string[] | undefined;
  filter?: Filter | undefined;
  ratePerSecond?: number | undefined;
}

/** Does something with the chosen ones, or with all that the filter means of those that there are now, part by part. */
function startFor(
  call: Call<undefined, Chosen>,
  kind: string,
  deadLetters: DeadLetters,
  act: (entries: string[]) => Promise<number>,
) {
  const { entries: chosen, ratePerSecond } = call.body;
  const filter = (!chosen && call.body.filter) || {};
  const about = [
    call.param('group'),
    chosen ? `${chosen.length} chosen` : 'all',
    ...Object.entries(filter).map(([name, value]) => `${name}: ${value}`),
    ...(ratePerSecond ? [`${ratePerSecond}/s`] : []),
  ];
  const target = call.param('topic');
  return startOperation(call, { kind, target, detail: about.join(', ') }, async (signal, told) => {
    const pace = new Pace(ratePerSecond, signal);
    const size = pace.partOf(pageSize);
    const of = chosen?.length ?? (await deadLetters.count());
    const progress: Progress = { changed: 0, examined: 0, of };
    const pages: Iterable<Letter[]> | AsyncIterable<Letter[]> = chosen
      ? [chosen.map((entry) => ({ entry, reason: '', error: '' }))]
      : pagesOf(deadLetters, { most: of });
    for await (const page of pages) {
      for (let at = 0; at < page.length; at += size) {
        if (!(await pace.mayGoOn(progress.changed))) return progress;
        const part = page.slice(at, at + size);
        const meant = part.filter((letter) => isMeant(filter, letter)).map(({ entry }) => entry);
        if (meant.length > 0) progress.changed += await act(meant);
        progress.examined += part.length;
        told({ ...progress });
      }
    }
    return progress;
  });
}

type Group = z.input<typeof deadGroupsSchema>['groups'][number];

/** Dead letters counted by reason and kind of error. */
class Counted {
  readonly #groups = new Map<string, Group>();
  count = 0;

  add({ reason, error, diedAt, id, entry }: DeadRecord<Buffer>): void {
    const text = normalised(error);
    const name = `${reason}\n${text}`;
    const last = iso(diedAt);
    const group = this.#groups.get(name) ?? {
      ...{ reason, error: text, fingerprint: fingerprint(error) },
      ...{ count: 0, first: last, last, sample: { id, entry } },
    };
    this.#groups.set(name, { ...group, count: group.count + 1, last, sample: { id, entry } });
    this.count += 1;
  }

  largest(): Group[] {
    return [...this.#groups.values()].sort((a, b) => b.count - a.count).slice(0, mostGroups);
  }
}
