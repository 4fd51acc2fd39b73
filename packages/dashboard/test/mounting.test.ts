import 'reflect-metadata';
import { createServer } from 'node:http';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import express from 'express';
import Fastify from 'fastify';
import { Hono } from 'hono';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createDashboard, type Dashboard } from '../src/index.js';
import { type Asked, asked, type Served, served, useDashboard } from './support/use-dashboard.js';

const dashboards = useDashboard();
const basePath = '/admin/queues';

function dashboard(): Dashboard {
  const created = createDashboard({
    connection: dashboards.connection(),
    basePath,
    readOnly: false,
  });
  onTestFinished(() => created.close());
  return created;
}

/** Serves a function of fetch, as Hono's server does. */
function servedFetch(fetch: (request: Request) => Response | Promise<Response>): Promise<Served> {
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const gone = new AbortController();
    outgoing.on('close', () => gone.abort());
    const request = new Request(`http://${incoming.headers.host}${incoming.url}`, {
      method: incoming.method ?? 'GET',
      headers: incoming.headers as Record<string, string>,
      signal: gone.signal,
      ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
    });
    const response = await fetch(request);
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    outgoing.flushHeaders();
    for await (const chunk of response.body ?? []) outgoing.write(chunk);
    outgoing.end();
  });
  return served(server, basePath);
}

class AppModule {}
Module({})(AppModule);

const hosts: Record<string, () => Promise<Served>> = {
  'node:http': () => served(createServer(dashboard().node), basePath),
  async Express() {
    const app = express();
    app.use(basePath, dashboard().node);
    return served(createServer(app), basePath);
  },
  async 'Express behind a body parser'() {
    const app = express();
    app.use(express.json());
    app.use(basePath, dashboard().node);
    return served(createServer(app), basePath);
  },
  async Fastify() {
    const app = Fastify();
    app.get('/other', () => ({ other: true }));
    await app.register(dashboard().fastify);
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    onTestFinished(async () => {
      app.server.closeAllConnections();
      await app.close();
    });
    return asked(url + basePath);
  },
  async Hono() {
    const { fetch } = dashboard();
    const app = new Hono();
    app.all(basePath, (context) => fetch(context.req.raw));
    app.all(`${basePath}/*`, (context) => fetch(context.req.raw));
    return servedFetch(app.fetch);
  },
  async Nest() {
    const app = await NestFactory.create(AppModule, { logger: false });
    app.use(basePath, dashboard().node);
    await app.listen(0, '127.0.0.1');
    onTestFinished(() => {
      app.getHttpServer().closeAllConnections();
      return app.close();
    });
    return asked((await app.getUrl()).replace('[::1]', '127.0.0.1') + basePath);
  },
  'a proxy that takes the base path away': () => {
    const { node } = dashboard();
    const server = createServer((incoming, outgoing) => {
      incoming.url = incoming.url?.slice(basePath.length) || '/';
      node(incoming, outgoing);
    });
    return served(server, basePath);
  },
};

describe.each(Object.entries(hosts))('mounted in %s', (name, host) => {
  it('the page, its files, the API, changes and streams work', async () => {
    const queue = dashboards.queue(`in ${name}`);
    await queue.send(1);
    const { url, get, send } = await host();

    for (const path of ['', '/', '/queues/emails/messages?state=delayed']) {
      const page = await (await fetch(url + path)).text();
      expect(page, path).toContain(`data-base="${basePath}"`);
      for (const [, file] of page.matchAll(/(?:src|href)="(\/[^"]+)"/g)) {
        const response = await fetch(new URL(file as string, url));
        expect([response.status, (await response.text()).length > 10_000]).toEqual([200, true]);
      }
    }
    const path = `/queues/${encodeURIComponent(queue.name)}`;
    expect(await get(path)).toMatchObject({ status: 200, body: { pending: 1 } });
    expect(await send('POST', `${path}/pause`, { reason: 'mounted' })).toMatchObject({
      status: 200,
    });
    expect((await queue.stats()).paused?.reason).toBe('mounted');

    const ending = new AbortController();
    const stream = await fetch(`${url}/api${path}`, {
      headers: { accept: 'text/event-stream' },
      signal: ending.signal,
    });
    const { value } = (await stream.body?.getReader().read()) ?? {};
    expect(new TextDecoder().decode(value)).toMatch(/^data: \{.*"pending":1/);
    ending.abort();
    const missing: Asked<unknown> = await get('/nothing');
    expect(missing.status).toBe(404);
  });
});
