import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { encodeBody, json } from '@redpost/core';
import { isObject, type JsonObject } from '../json-object.js';
import type { CeleryMessage } from './celery-task.js';
import { RefusedTask, refusal } from './errors.js';
import { type Embed, noEmbed, readEmbed } from './signature.js';

/**
 * All of a message of protocol 2 that its worker needs.
 *
 * Source: https://docs.celeryq.dev/en/stable/internals/protocol.html
 */
export interface TaskMessage extends CeleryMessage {
  embed: Embed;
  group: string | undefined;
  rootId: string;
  parentId: string | undefined;
  ignoreResult: boolean;
}

/** What a new message says. */
export interface NewTask {
  id: string;
  name: string;
  args: readonly unknown[];
  kwargs: Readonly<JsonObject>;
  embed?: Embed;
  eta?: Date | undefined;
  expires?: Date | undefined;
  group?: string | undefined;
  rootId?: string | undefined;
  parentId?: string | undefined;
  ignoreResult?: boolean | undefined;
  queue: string;
  priority: number;
}

const ours = { process: `gen${process.pid}@${hostname()}`, replyTo: randomUUID() };
/** As long as Celery makes them. */
const longestRepr = 1024;

/**
 * Writes a message as Celery does.
 *
 * @throws EncodeError for arguments that JSON cannot represent.
 */
export function encodeTask(task: NewTask): string {
  const { id, args, kwargs, embed = noEmbed } = task;
  const body = Buffer.from(encodeBody(json(), [args, kwargs, embed]));
  return JSON.stringify({
    body: body.toString('base64'),
    'content-encoding': 'utf-8',
    'content-type': 'application/json',
    headers: headersOf(task),
    properties: {
      correlation_id: id,
      reply_to: ours.replyTo,
      delivery_mode: 2,
      delivery_info: { exchange: '', routing_key: task.queue },
      priority: task.priority,
      body_encoding: 'base64',
      delivery_tag: randomUUID(),
    },
  });
}

function headersOf(task: NewTask): JsonObject {
  const { id, name, args, kwargs, group = null, rootId = id, parentId = null } = task;
  return {
    lang: 'js',
    task: name,
    id,
    shadow: null,
    eta: task.eta ? isoTime(task.eta) : null,
    expires: task.expires ? isoTime(task.expires) : null,
    group,
    group_index: null,
    retries: 0,
    timelimit: [null, null],
    root_id: rootId,
    parent_id: parentId,
    argsrepr: JSON.stringify(args).slice(0, longestRepr),
    kwargsrepr: JSON.stringify(kwargs).slice(0, longestRepr),
    origin: ours.process,
    ignore_result: task.ignoreResult ?? false,
  };
}

/** As Python writes a time in UTC. */
export function isoTime(time: Date): string {
  return time.toISOString().replace('Z', '+00:00');
}

/**
 * Reads a message of protocol 2.
 *
 * @throws RefusedTask for any other message, with the id of its task if that can be read.
 */
export function decodeTask(element: Buffer): TaskMessage {
  const message = parsed(element.toString(), 'The message', undefined);
  if (!isObject(message)) throw new RefusedTask('The message is no JSON object', undefined);
  const headers = isObject(message.headers) ? message.headers : {};
  const { id, task: name } = headers;
  if (typeof id !== 'string' || typeof name !== 'string') {
    throw new RefusedTask(
      'It has no headers task and id: it is not of task protocol 2 (task_protocol = 2)',
      undefined,
    );
  }
  const [args, kwargs, embed] = bodyOf(message, id);
  return {
    id,
    name,
    args,
    kwargs,
    embed: readEmbed(embed, id),
    eta: timeIn(headers.eta, 'eta', id),
    expires: timeIn(headers.expires, 'expires', id),
    retries: Number(headers.retries ?? 0),
    group: textIn(headers.group),
    rootId: textIn(headers.root_id) ?? id,
    parentId: textIn(headers.parent_id),
    ignoreResult: headers.ignore_result === true,
    headers,
  };
}

function bodyOf(message: JsonObject, id: string): [unknown[], JsonObject, JsonObject] {
  const type = message['content-type'];
  if (type !== 'application/json') {
    const why = `The body is ${type}: only JSON is read (task_serializer = 'json')`;
    throw new RefusedTask(why, id, refusal('ContentDisallowed', 'kombu.exceptions', why));
  }
  if (isObject(message.headers) && message.headers.compression) {
    throw new RefusedTask('The body is compressed: turn task_compression off', id);
  }
  const isBase64 = isObject(message.properties) && message.properties.body_encoding === 'base64';
  const bytes = Buffer.from(String(message.body), isBase64 ? 'base64' : 'utf8');
  const body = parsed(bytes.toString(), 'The body', id);
  if (!Array.isArray(body)) throw new RefusedTask('The body is no array', id);
  const [args, kwargs, embed] = body;
  if (!Array.isArray(args) || !isObject(kwargs)) {
    throw new RefusedTask('The body is not [args, kwargs, embed]', id);
  }
  return [args, kwargs, isObject(embed) ? embed : {}];
}

function parsed(text: string, what: string, id: string | undefined): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What the parser says may quote the arguments of the task.
    throw new RefusedTask(`${what} is no JSON`, id);
  }
}

function textIn(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/**
 * A time as Celery writes it; one without an offset is in UTC.
 *
 * @throws RefusedTask when it is no time.
 */
export function timeIn(value: unknown, what: string, id: string): Date | undefined {
  if (value === null || value === undefined) return undefined;
  // So a datetime comes in JSON that Kombu writes.
  const text = String(isObject(value) ? value.__value__ : value);
  const time = new Date(/(?:Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`);
  if (Number.isNaN(time.getTime())) throw new RefusedTask(`${what} is no time: ${text}`, id);
  return time;
}
