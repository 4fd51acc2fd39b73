import { expect } from 'vitest';
import type { Route } from '../../src/api/route.js';
import { routes } from '../../src/api/routes.js';
import type { Asked, Served } from './use-dashboard.js';

/** Asks the API, and checks that each success is what its route promises. */
export class CheckedApi {
  /** The routes that have answered with success. */
  readonly answered = new Set<Route>();
  readonly #served: Served;

  constructor(served: Served) {
    this.#served = served;
  }

  async get<Answer = never>(path: string): Promise<Answer> {
    return this.#checked('get', path, await this.#served.get(path)) as Answer;
  }

  async send<Answer = never>(
    method: 'POST' | 'PUT',
    path: string,
    body: object = {},
  ): Promise<Answer> {
    const asked = await this.#served.send(method, path, body);
    return this.#checked(method.toLowerCase(), path, asked) as Answer;
  }

  #checked(method: string, path: string, { status, body }: Asked<unknown>): unknown {
    expect([status, body]).toEqual([200, body]);
    const route = routeOf(method, path.split('?')[0] as string);
    this.answered.add(route);
    expect(route.answer.parse(body)).toEqual(body);
    return body;
  }
}

function routeOf(method: string, path: string): Route {
  const parts = path.split('/');
  const found = routes.filter((route) => {
    const its = route.path.split('/');
    const isAlike = its.every((part, at) => part === parts[at] || part.startsWith('{'));
    return route.method === method && its.length === parts.length && isAlike;
  });
  // Of `/queues/{queue}` and `/queues/all`, the second one is meant.
  const best = found.sort((a, b) => a.path.split('{').length - b.path.split('{').length)[0];
  if (!best) throw new Error(`There is no route ${method} ${path}`);
  return best;
}
