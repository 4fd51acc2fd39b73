import { randomUUID } from 'node:crypto';
import type { Connection } from '@redpost/core';
import { isObject } from '../json-object.js';
import type { CeleryLists } from './celery-lists.js';
import { encodeTask, type TaskMessage, timeIn } from './celery-message.js';
import { type Embed, readEmbed, type Signature } from './signature.js';

/** Sends what is to follow a task. Source: celery/app/trace.py, celery/backends/base.py. */
export class FollowUps {
  readonly #connection: Connection;
  readonly #lists: CeleryLists;
  readonly #queue: string;

  /** @param queue for tasks that name none. */
  constructor(connection: Connection, lists: CeleryLists, queue: string) {
    this.#connection = connection;
    this.#lists = lists;
    this.#queue = queue;
  }

  /** Sends the callbacks of a task that has returned this, and the next task of its chain. Resolves to their ids. */
  async succeeded(task: TaskMessage, value: unknown): Promise<string[]> {
    const { callbacks, chain } = task.embed;
    const ids = [];
    for (const callback of callbacks ?? []) ids.push(await this.#send(task, callback, value, null));
    const next = chain?.at(-1);
    if (chain && next) ids.push(await this.#send(task, next, value, chain.slice(0, -1)));
    return ids;
  }

  /** Sends the error callbacks of a task: they get its id. */
  async failed(task: TaskMessage): Promise<void> {
    for (const errback of task.embed.errbacks ?? []) await this.#send(task, errback, task.id, null);
  }

  async #send(
    parent: TaskMessage,
    signature: Signature,
    value: unknown,
    chain: Embed['chain'],
  ): Promise<string> {
    const { task: name, args, kwargs, options, immutable } = signature;
    const { id, embed, priority, queue } = this.#readOptions(options, chain);
    const list = this.#lists.at(queue, priority);
    const message = encodeTask({
      id,
      name,
      args: immutable ? args : [value ?? null, ...args],
      kwargs,
      embed,
      eta: after(options.countdown) ?? timeIn(options.eta, 'eta', id),
      expires: after(options.expires) ?? timeIn(options.expires, 'expires', id),
      group: typeof options.group_id === 'string' ? options.group_id : undefined,
      rootId: parent.rootId,
      parentId: parent.id,
      ignoreResult: options.ignore_result === true,
      queue,
      priority,
    });
    await this.#connection.call('LPUSH', [list, message], { line: list });
    return id;
  }

  #readOptions(options: Signature['options'], chain: Embed['chain']) {
    const id = typeof options.task_id === 'string' ? options.task_id : randomUUID();
    const { link, link_error } = options;
    return {
      id,
      embed: { ...readEmbed({ callbacks: link, errbacks: link_error }, id), chain },
      priority: Number(options.priority ?? 0),
      queue: isObject(options.queue)
        ? String(options.queue.name)
        : String(options.queue ?? this.#queue),
    };
  }
}

/** A time that is given in seconds from now. */
function after(seconds: unknown): Date | undefined {
  return typeof seconds === 'number' ? new Date(Date.now() + seconds * 1000) : undefined;
}
