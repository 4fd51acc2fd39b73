import { z } from 'zod';
import { auditEntrySchema } from '../../acting/audit.js';
import { operationSchema } from '../../acting/operations.js';
import { Problem } from '../../http/problem.js';
import { route } from '../route.js';
import { wholeInQuery } from '../schemas.js';

const gone = 'There is no such operation in this process: it is over since long, or runs elsewhere';

export const operationRoutes = [
  route({
    method: 'get',
    path: '/operations',
    role: 'view',
    summary: 'What takes long and goes on in this process, and what has ended lately',
    tag: 'Operations',
    answer: z.object({ operations: z.array(operationSchema) }),
    everyMs: 1000,
    async handle({ services, rights }) {
      const all = services.operations.list();
      return { operations: all.filter(({ queue }) => rights.allows('view', queue)) };
    },
  }),
  route({
    method: 'get',
    path: '/operations/{operation}',
    role: 'view',
    summary: 'How far an operation is',
    tag: 'Operations',
    answer: operationSchema,
    everyMs: 500,
    async handle({ services, rights, params }) {
      const view = services.operations.get(params.operation as string);
      if (!view || !rights.allows('view', view.queue)) throw new Problem(404, gone);
      return view;
    },
  }),
  route({
    method: 'post',
    path: '/operations/{operation}/stop',
    role: 'view',
    summary:
      'Stops an operation: what was done until then stays so. Needs the right to operate with its queue',
    tag: 'Operations',
    body: {},
    answer: operationSchema,
    async handle(call) {
      const { operations } = call.services;
      const running = operations.get(call.param('operation'));
      if (!running || !call.rights.allows('view', running.queue)) throw new Problem(404, gone);
      call.demand('operate', running.queue);
      const stopped = await operations.stop(running.id);
      if (!stopped) throw new Problem(404, gone);
      return stopped;
    },
  }),
  route({
    method: 'get',
    path: '/audit',
    role: 'view',
    summary: 'Who has done what to how many, the newest first',
    tag: 'Audit',
    query: {
      before: z
        .string()
        .regex(/^\d+-\d+$/)
        .optional()
        .describe('The id of the entry to go on after'),
      limit: wholeInQuery(1, 200).default(50),
    },
    answer: z.object({ entries: z.array(auditEntrySchema), next: z.string().optional() }),
    async handle({ services, rights, query }) {
      const entries = await services.audit.list(query.limit, query.before);
      const next = entries.length === query.limit ? entries.at(-1)?.id : undefined;
      return { entries: entries.filter(({ target }) => rights.allows('view', target)), next };
    },
  }),
];
