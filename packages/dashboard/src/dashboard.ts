import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Peer } from './access/this-machine.js';
import { Audit } from './acting/audit.js';
import { Operations } from './acting/operations.js';
import { createApp } from './http/app.js';
import { sendResponse, toRequest } from './http/node-adapter.js';
import { checkedOptions, type DashboardOptions } from './options.js';
import { BodyViewer } from './watching/body-view.js';
import { ChannelPool } from './watching/channel-pool.js';
import { QueuePool } from './watching/queue-pool.js';
import { Sampler } from './watching/sampler.js';
import { TopicPool } from './watching/topic-pool.js';
import { TopicSampler } from './watching/topic-sampler.js';

/** What of an instance of Fastify is needed. */
interface FastifyLike {
  removeAllContentTypeParsers(): void;
  addContentTypeParser(
    type: string,
    parser: (request: never, payload: never, done: (error: null) => void) => void,
  ): unknown;
  all(
    path: string,
    handler: (
      request: { raw: IncomingMessage },
      reply: { raw: ServerResponse; hijack(): unknown },
    ) => void,
  ): unknown;
}

/** A dashboard, for any server. All methods may be used without their object. */
export interface Dashboard extends AsyncDisposable {
  /**
   * Answers a request: for Hono, `Bun.serve`, `Deno.serve`, and all else that speaks fetch. The path may be with or without `basePath`. Never
   * rejects.
   */
  fetch(request: Request): Promise<Response>;
  /** The same for `node:http`, Express, Connect and Nest: `createServer(dashboard.node)`, `app.use(basePath, dashboard.node)`. */
  node(request: IncomingMessage, response: ServerResponse): void;
  /** The same as a plugin of Fastify: `fastify.register(dashboard.fastify)`. It adds routes under `basePath`. */
  // biome-ignore lint/suspicious/noExplicitAny: the types of Fastify need not be installed.
  fastify(instance: any, options: unknown, done: () => void): void;
  /** Stops what goes on in the background, and ends the streams. The connection stays open. */
  close(): Promise<void>;
}

/**
 * Creates a dashboard of the queues, topics and channels of a Redis. It asks Redis only while somebody looks at it.
 *
 * ```ts
 * const dashboard = createDashboard({ connection, basePath: '/admin/queues', authorize: (request) => roleOf(request) });
 * app.use('/admin/queues', dashboard.node);
 * ```
 *
 * @throws InvalidArgumentError for an option that cannot work.
 */
export function createDashboard(options: DashboardOptions): Dashboard {
  const checked = checkedOptions(options);
  const { connection, basePath } = checked;
  const pool = new QueuePool(checked);
  const sampler = new Sampler(pool);
  const operations = new Operations();
  const topics = new TopicPool(connection);
  const channels = new ChannelPool(connection);
  const app = createApp({
    ...{ options: checked, connection, pool, sampler, operations },
    topics,
    topicSampler: new TopicSampler(topics),
    channels,
    bodies: new BodyViewer(checked),
    audit: new Audit(connection),
  });
  const closing = new AbortController();

  const answer = async (request: Request, peer: Peer | undefined) => {
    const bindings = { peer, closing: closing.signal };
    return app.fetch(withoutBase(request, basePath), bindings);
  };

  const node = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const gone = new AbortController();
    outgoing.once('close', () => gone.abort());
    try {
      const { remoteAddress } = incoming.socket;
      const request = toRequest(incoming, gone.signal);
      await sendResponse(await answer(request, { remoteAddress }), outgoing);
    } catch {
      // A request that is none, e.g. with a Host that is no host.
      outgoing.statusCode = 400;
      outgoing.end();
    }
  };

  const close = async () => {
    closing.abort();
    sampler.close();
    await Promise.all([operations.close(), channels.close()]);
  };

  return {
    fetch: (request) => answer(request, undefined),
    node: (incoming, outgoing) => void node(incoming, outgoing),
    fastify(instance: FastifyLike, _options, done) {
      // The bodies are read here.
      instance.removeAllContentTypeParsers();
      instance.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null));
      for (const path of [basePath || '/', `${basePath}/*`]) {
        instance.all(path, (request, reply) => {
          reply.hijack();
          void node(request.raw, reply.raw);
        });
      }
      done();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The same request for a path as the app knows it: a server or a proxy may have left out the base path already. */
function withoutBase(request: Request, basePath: string): Request {
  const url = new URL(request.url);
  const isBelow = url.pathname === basePath || url.pathname.startsWith(`${basePath}/`);
  if (basePath === '' || !isBelow) return request;
  url.pathname = url.pathname.slice(basePath.length) || '/';
  return new Request(url, request);
}
