import { Hono } from 'hono';
import type { z } from 'zod';
import type { Rights } from '../access/access.js';
import { judge } from '../access/judge.js';
import { refusalOfOrigin } from '../access/same-origin.js';
import type { Peer } from '../access/this-machine.js';
import { openApi } from '../api/openapi.js';
import { Call, type Follow, type Route, refused, type Services } from '../api/route.js';
import { routes } from '../api/routes.js';
import { liveResponse } from './live.js';
import { answerPage } from './page.js';
import { Problem, problemResponse } from './problem.js';
import { securityHeaders } from './security-headers.js';
import { tailResponse } from './tail.js';

declare const PACKAGE_VERSION: string;

/** What the adapters know of a request beside the request itself. */
interface Bindings {
  peer: Peer | undefined;
  /** Aborted when the dashboard is closed. */
  closing: AbortSignal;
}

type Env = { Bindings: Bindings; Variables: { rights: Rights } };

/** Bodies that are sent to the API have at most so many bytes. */
const mostBodyBytes = 20_000_000;

/** The dashboard as an application of Hono, for paths without the base path. */
export function createApp(services: Services): Hono<Env> {
  const { basePath } = services.options;
  const app = new Hono<Env>();
  app.use(async (context, next) => {
    await next();
    for (const [name, value] of Object.entries(securityHeaders)) {
      context.res.headers.set(name, value);
    }
  });
  app.use(async (context, next) => {
    const rights = await judge(context.req.raw, context.env.peer, services.options);
    if (!rights) throw new Problem(401, 'You are not signed in, or may not see the dashboard');
    context.set('rights', rights);
    await next();
  });
  app.get('/api/openapi.json', (context) =>
    context.json(openApi(routes, basePath, PACKAGE_VERSION)),
  );
  for (const route of routes) {
    const path = `/api${route.path.replace(/\{(\w+)\}/g, ':$1')}`;
    app.on(route.method.toUpperCase(), path, async (context) => {
      const { env } = context;
      const signal = AbortSignal.any([context.req.raw.signal, env.closing]);
      const rights = context.get('rights');
      const request = context.req.raw;
      return answer(route, { services, rights, request, signal, params: context.req.param() });
    });
  }
  app.all('/api/*', () => {
    throw new Problem(404, 'The API has no such path');
  });
  app.get('*', (context) => answerPage(context.req.path, context.req.raw, basePath));
  app.notFound(() => problemResponse(new Problem(404, 'There is no such page')));
  app.onError((error) => problemResponse(error));
  return app;
}

interface Asked {
  services: Services;
  rights: Rights;
  request: Request;
  signal: AbortSignal;
  params: Record<string, string>;
}

async function answer(route: Route, asked: Asked): Promise<Response> {
  const { rights, request, params } = asked;
  const name = params.queue ?? params.topic ?? params.channel;
  checkRights(route, rights, name);
  if (route.method !== 'get') {
    const refusal = refusalOfOrigin(request);
    if (refusal !== undefined) throw new Problem(403, `Refused: ${refusal}`);
  }
  const call = new Call({
    ...asked,
    query: checked('query', route.query, queryOf(request)),
    body: checked('body', route.body, route.body && (await bodyOf(request))),
  } as never) as Call<never, never>;
  if (route.tail) {
    const follow: Follow = await route.tail(call);
    return tailResponse(follow, asked.signal);
  }
  const isLive = request.headers.get('accept')?.includes('text/event-stream') === true;
  if (isLive && route.everyMs !== undefined) {
    const { everyMs } = route;
    return liveResponse(() => route.handle(call), { everyMs, signal: asked.signal });
  }
  const result = await route.handle(call);
  return new Response(JSON.stringify(result), {
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  });
}

function checkRights(route: Route, rights: Rights, name: string | undefined): void {
  if (name !== undefined && !rights.allows('view', name)) {
    throw new Problem(404, `There is no ${JSON.stringify(name)} here`);
  }
  // Lists leave out what somebody may not see, who may see only single queues.
  const isList = name === undefined && route.role === 'view';
  if (!isList && !rights.allows(route.role, name)) throw refused(route.role, name);
}

function queryOf(request: Request): Record<string, string> {
  return Object.fromEntries(new URL(request.url).searchParams);
}

async function bodyOf(request: Request): Promise<unknown> {
  if (Number(request.headers.get('content-length') ?? 0) > mostBodyBytes) {
    throw new Problem(413, `A request has at most ${mostBodyBytes} bytes`);
  }
  try {
    return await request.json();
  } catch {
    throw new Problem(400, 'The body of the request is not JSON');
  }
}

function checked(what: string, schema: z.ZodObject | undefined, given: unknown): unknown {
  if (!schema) return undefined;
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new Problem(400, `${[what, ...(issue?.path ?? [])].join('.')}: ${issue?.message}`);
}
