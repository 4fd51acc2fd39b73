import {
  type Connection,
  checkedConnection,
  InvalidArgumentError,
  type NamesOf,
  refuseUnknownOptions,
  shown,
  wholeNumber,
} from '@redpost/core';
import type { Queue } from '@redpost/queue';
import type { Access, Role } from './access/access.js';

/** What a body belongs to, for `redact`. */
export interface BodyOrigin {
  readonly kind: 'queue' | 'topic' | 'channel';
  readonly name: string;
  /** The id of the message, or the offset of the record, if it has one. */
  readonly id: string | undefined;
}

/** What a dashboard shows, to whom, and where. */
export interface DashboardOptions {
  /** What `connect()` returned. It is shared, and never closed here. */
  connection: Connection;
  /**
   * Says what the one who sends a request may do: a role, or an `Access` with their name and with rights for single queues. Undefined
   * refuses the request with 401. What it throws refuses it with 500. Default: see `readOnly`.
   */
  authorize?:
    | ((
        request: Request,
      ) =>
        | Role
        | Access
        | undefined
        | null
        | false
        | Promise<Role | Access | undefined | null | false>)
    | undefined;
  /**
   * With true, nothing can be changed, whatever `authorize` says. With false and without `authorize`, everybody who reaches the
   * dashboard may do everything. Default: what `authorize` says; without it, only a browser on this machine that uses the name of this machine
   * may change something. This can be known only with `node` and `fastify`.
   */
  readOnly?: boolean | undefined;
  /** The path under which browsers see the dashboard, e.g. `/admin/queues`. Default `/`. */
  basePath?: string | undefined;
  /**
   * Which queues are shown: names, or `Queue` objects, whose codec and schema are used then. Default: all that `listQueues` knows, whose bodies
   * are shown as JSON, as text, or as base64.
   */
  queues?: readonly (string | Queue<unknown, never>)[] | undefined;
  /**
   * Changes a body before it is shown, e.g. to leave out personal data: it gets what the codec has made of it (without one, a JSON value,
   * text, or bytes), and returns what to show. A body that was changed cannot be edited, and one that is too large to be read whole is
   * not shown at all. Default: bodies are shown as they are.
   */
  redact?: ((body: unknown, origin: BodyOrigin) => unknown) | undefined;
  /** How many bytes of a body are shown, 0 to 16 777 216. Default 65 536. In lists it is less. */
  maxBodyBytes?: number | undefined;
}

const optionNames: NamesOf<DashboardOptions> = {
  connection: true,
  authorize: true,
  readOnly: true,
  basePath: true,
  queues: true,
  redact: true,
  maxBodyBytes: true,
};

/** Options with their defaults. */
export type CheckedOptions = DashboardOptions & { basePath: string; maxBodyBytes: number };

/** @throws InvalidArgumentError for an option that cannot work. */
export function checkedOptions(options: DashboardOptions): CheckedOptions {
  checkedConnection('createDashboard()', options);
  refuseUnknownOptions('createDashboard()', options, optionNames);
  const { authorize, redact, readOnly, queues } = options;
  for (const [name, value] of Object.entries({ authorize, redact })) {
    if (value === undefined || typeof value === 'function') continue;
    throw new InvalidArgumentError(`${name} is a function, got ${shown(value)}`);
  }
  if (readOnly !== undefined && typeof readOnly !== 'boolean') {
    throw new InvalidArgumentError(`readOnly is true or false, got ${shown(readOnly)}`);
  }
  if (queues !== undefined) checkQueues(queues);
  const maxBodyBytes = wholeNumber('maxBodyBytes', options.maxBodyBytes ?? 65_536, {
    min: 0,
    max: 16_777_216,
  });
  return { ...options, basePath: checkedBasePath(options.basePath ?? '/'), maxBodyBytes };
}

/** Without a slash at its end, so '' for the root. */
function checkedBasePath(path: unknown): string {
  const isPath = typeof path === 'string' && /^(\/[\w.~!$&'()*+,;=:@%-]+)*\/?$/.test(path);
  if (!isPath) {
    throw new InvalidArgumentError(`basePath is a path like /admin/queues, got ${shown(path)}`);
  }
  return path.replace(/\/$/, '');
}

function checkQueues(queues: unknown): void {
  const isQueue = (each: unknown) =>
    (typeof each === 'string' && each !== '') || isQueueObject(each);
  if (Array.isArray(queues) && queues.every(isQueue)) return;
  throw new InvalidArgumentError(
    `queues is an array of names or of Queue objects, got ${shown(queues)}`,
  );
}

/** By what it has, because the package may be loaded twice, as ESM and as CommonJS. */
function isQueueObject(value: unknown): boolean {
  const queue = value as { name?: unknown; peek?: unknown; deadLetters?: unknown } | null;
  return (
    typeof queue?.name === 'string' && typeof queue.peek === 'function' && queue.deadLetters != null
  );
}
