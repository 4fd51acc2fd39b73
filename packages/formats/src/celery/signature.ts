import { isObject, type JsonObject } from '../json-object.js';
import { RefusedTask } from './errors.js';

/** A task that is sent when another one has ended: what Celery calls a signature. */
export interface Signature extends JsonObject {
  task: string;
  args: readonly unknown[];
  kwargs: JsonObject;
  options: JsonObject;
  immutable: boolean;
}

/** What is to follow a task, in the form in which it is in the body of its message. */
export interface Embed {
  /** Sent with the result, when the task has succeeded. */
  callbacks: readonly Signature[] | null;
  /** Sent with the id of the task, when it has failed for good. */
  errbacks: readonly Signature[] | null;
  /** The rest of a chain, the next task last. */
  chain: readonly Signature[] | null;
  chord: null;
}

export const noEmbed: Embed = { callbacks: null, errbacks: null, chain: null, chord: null };

/** What of a signature's options can be honoured. */
const honoured = new Set([
  'task_id',
  'reply_to',
  'queue',
  'priority',
  'countdown',
  'eta',
  'expires',
  'link',
  'link_error',
  'group_id',
  'group_index',
  'root_id',
  'parent_id',
  'ignore_result',
]);

/**
 * Reads what is to follow a task.
 *
 * @throws RefusedTask for what cannot be honoured: before the task is handled, so that nothing of it is left out in silence.
 */
export function readEmbed(embed: JsonObject, id: string): Embed {
  if (embed.chord) throw refused('It is part of a chord', id);
  return {
    callbacks: signatures(embed.callbacks, 'callbacks', id),
    errbacks: signatures(embed.errbacks, 'errbacks', id),
    chain: signatures(embed.chain, 'chain', id),
    chord: null,
  };
}

function signatures(value: unknown, what: string, id: string): Signature[] | null {
  if (value === null || value === undefined) return null;
  const all = Array.isArray(value) ? value : [value];
  return all.map((one) => signature(one, what, id));
}

function signature(value: unknown, what: string, id: string): Signature {
  if (!isObject(value) || typeof value.task !== 'string') throw refused(`Its ${what} are none`, id);
  if (value.subtask_type) throw refused(`Among its ${what} is a ${value.subtask_type}`, id);
  const options = isObject(value.options) ? value.options : {};
  for (const [name, option] of Object.entries(options)) {
    if (option === null || honoured.has(name)) continue;
    throw refused(`Among its ${what} is a task with the option ${name}`, id);
  }
  signatures(options.link, 'callbacks', id);
  signatures(options.link_error, 'errbacks', id);
  return {
    ...value,
    task: value.task,
    args: Array.isArray(value.args) ? value.args : [],
    kwargs: isObject(value.kwargs) ? value.kwargs : {},
    options,
    immutable: value.immutable === true,
  };
}

function refused(why: string, id: string): RefusedTask {
  return new RefusedTask(
    `${why}, which only a worker of Celery can do: send it to another queue`,
    id,
  );
}
