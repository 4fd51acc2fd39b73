import { z } from 'zod';
import { problemSchema } from '../http/problem.js';
import type { Route } from './route.js';

/** The API as an OpenAPI 3.1 document. @param basePath of the dashboard, '' for the root. */
export function openApi(routes: readonly Route[], basePath: string, version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const methods = paths[route.path] ?? {};
    methods[route.method] = operationOf(route);
    paths[route.path] = methods;
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'redpost dashboard',
      version,
      license: { name: 'MIT', identifier: 'MIT' },
      description:
        'Reads that have x-live-ms can be asked for with `Accept: text/event-stream`: then each changed answer is an event, and a problem is an event `problem`. Changes need `Content-Type: application/json` and, from browsers, the same origin.',
    },
    servers: [{ url: `${basePath}/api` }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: { schemas: { Problem: jsonSchema(problemSchema, 'output') } },
  };
}

function operationOf({
  method,
  path,
  role,
  summary,
  tag,
  query,
  body,
  answer,
  everyMs,
  tail,
}: Route) {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const content = (schema: object) => ({ 'application/json': { schema } });
  return {
    operationId: operationId(method, path),
    summary,
    tags: [tag],
    'x-role': role,
    ...(everyMs !== undefined && { 'x-live-ms': everyMs }),
    parameters: [...inPath, ...(query ? queryParameters(query) : [])],
    ...(body && { requestBody: { required: true, content: content(jsonSchema(body, 'input')) } }),
    responses: {
      200: tail
        ? {
            description: 'A stream of events',
            content: { 'text/event-stream': { schema: jsonSchema(answer, 'output') } },
          }
        : { description: 'Done', content: content(jsonSchema(answer, 'output')) },
      default: {
        description: 'Why it was not done',
        content: {
          'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
        },
      },
    },
  };
}

function queryParameters(query: z.ZodObject): object[] {
  const { properties = {}, required = [] } = jsonSchema(query, 'input') as {
    properties?: Record<string, { description?: string }>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    ...(description && { description }),
    schema,
  }));
}

/** `get /queues/{queue}/keys` becomes `getQueuesKeys`. */
function operationId(method: string, path: string): string {
  const words = path
    .split('/')
    .map((part) => (part.startsWith('{') ? `by-${part.slice(1, -1)}` : part));
  const camel = words
    .flatMap((word) => word.split('-'))
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return method + camel.join('');
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}
