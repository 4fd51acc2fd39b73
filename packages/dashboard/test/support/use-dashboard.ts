import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Connection, type ConnectOptions, connect } from '@redpost/core';
import { type EmbeddedRedis, startRedis } from '@redpost/core/embedded';
import { Queue, type QueueOptions } from '@redpost/queue';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { createDashboard, type DashboardOptions } from '../../src/index.js';

/** A dashboard that is served, and how it is asked. */
export interface Served {
  /** Without a slash at its end. */
  url: string;
  /** Reads from the API. */
  get<Answer = Record<string, unknown>>(path: string, init?: RequestInit): Promise<Asked<Answer>>;
  /** Changes something by the API. */
  send<Answer = Record<string, unknown>>(
    method: 'POST' | 'PUT',
    path: string,
    body?: object,
    headers?: Record<string, string>,
  ): Promise<Asked<Answer>>;
}

export interface Asked<Answer> {
  status: number;
  body: Answer;
  headers: Headers;
}

/** A private Redis for the tests of one file, and dashboards of it. */
export function useDashboard() {
  let redis: EmbeddedRedis | undefined;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis?.stop());

  const open = (options?: ConnectOptions): Connection => {
    const connection = connect(redis?.url ?? '', options);
    connection.on('error', () => {});
    onTestFinished(() => connection.close());
    return connection;
  };
  return {
    get redis(): EmbeddedRedis {
      if (!redis) throw new Error('Redis has not been started');
      return redis;
    },
    connection: open,
    queue<Body = unknown>(name: string, options: Partial<QueueOptions<Body>> = {}): Queue<Body> {
      const queue = new Queue<Body>(name, { connection: open(), ...options });
      onTestFinished(() => queue.close());
      return queue;
    },
    async serve(options: Partial<DashboardOptions> = {}): Promise<Served> {
      const dashboard = createDashboard({ connection: open(), ...options });
      onTestFinished(() => dashboard.close());
      const server = createServer(dashboard.node);
      return served(server, options.basePath);
    },
  };
}

/** Listens on a free port until the test is over. */
export async function served(server: Server, basePath = ''): Promise<Served> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return asked(`http://127.0.0.1:${port}${basePath}`);
}

/** Asks a dashboard at this address. */
export function asked(url: string): Served {
  return {
    url,
    get: async (path, init) => answerOf(await fetch(`${url}/api${path}`, init)),
    send: async (method, path, body = {}, headers = {}) => {
      const init = {
        method,
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json', ...headers },
      };
      return answerOf(await fetch(`${url}/api${path}`, init));
    },
  };
}

async function answerOf<Answer>(response: Response): Promise<Asked<Answer>> {
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  const body = (isJson ? JSON.parse(text) : text) as Answer;
  return { status: response.status, body, headers: response.headers };
}
