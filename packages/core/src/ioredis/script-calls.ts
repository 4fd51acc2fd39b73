import { isRedpostError } from '../errors.js';
import type { Argument, Reply } from '../replies.js';
import type { Script, ScriptCall } from '../script/script.js';
import type { Link, SendOptions } from './link.js';
import type { Client } from './target.js';
import { translateError } from './translate-error.js';

export type ScriptText = Pick<Script<never, unknown>, 'sha' | 'lua'>;

/**
 * Calls scripts by their hash. `SCRIPT LOAD` leaves just ahead of the first call on each connection, on the
 * same socket: so no call waits for it, and no script has to be sent by `EVAL`. A loaded script stays in the
 * server until it is flushed; of the scripts sent by `EVAL`, newer servers keep only the last 500.
 */
export class ScriptCalls {
  readonly #link: Link;
  /** For each connection to a server: the scripts that are loaded on it or are being loaded. */
  #loaded = new WeakMap<Client, Set<string>>();
  /** False when the user may not load scripts: then those that are unknown are sent as text. */
  #mayLoad = true;
  /** Pending while calls are repeated, because their script was unknown. It never rejects. */
  #repeating: Promise<unknown> | undefined;

  constructor(link: Link) {
    this.#link = link;
    link.events.on('down', () => {
      // The next answer may come from another server.
      this.#loaded = new WeakMap();
    });
  }

  /**
   * Calls for the same script are executed in their order, and their answers come in it.
   *
   * @throws the errors of {@link Link.call}.
   */
  run(
    text: ScriptText,
    { keys, args }: ScriptCall,
    deadline: number,
    options?: SendOptions,
  ): Promise<Reply> {
    // One array for each call: a large part of what calls allocate are their arguments.
    const bySha = ([text.sha, keys.length] as Argument[]).concat(keys, args);
    const before = this.#repeating;
    const send = () => {
      this.#prepare(text, keys);
      return this.#link.send('EVALSHA', bySha, deadline, options);
    };
    const reply = this.#link.attempt(send, deadline).catch((error) => {
      if (!isUnknown(error)) throw error;
      return this.#repeated(async () => {
        // It has been flushed, or the server is another one: it is loaded again.
        const client = this.#link.clientOf(keys);
        if (client && this.#mayLoad) {
          this.#loaded.get(client)?.delete(text.sha);
          try {
            return await this.#link.attempt(send, deadline);
          } catch (again) {
            if (!isUnknown(again)) throw again;
          }
        }
        return this.#link.call('EVAL', [text.lua, ...bySha.slice(1)], deadline, options);
      });
    });
    if (!before) return reply;
    // The answer to a call that is repeated takes longer on its way through promises, and could be overtaken by this one.
    return reply.then((it) => before.then(() => it));
  }

  /** Repeats a call. Answers to calls that are sent meanwhile wait for its answer. */
  #repeated(repeat: () => Promise<Reply>): Promise<Reply> {
    const reply = repeat();
    const all = Promise.allSettled([this.#repeating, reply]).then(() => {
      if (this.#repeating === all) this.#repeating = undefined;
    });
    this.#repeating = all;
    return reply;
  }

  /** Loads a script where a call with these keys leads to, unless that has been done. */
  #prepare({ sha, lua }: ScriptText, keys: readonly string[]): void {
    const client = this.#mayLoad && this.#link.clientOf(keys);
    if (!client) return;
    const loaded = this.#loaded.get(client) ?? new Set();
    if (loaded.has(sha)) return;
    this.#loaded.set(client, loaded.add(sha));
    client.callBuffer('script', ['LOAD', lua]).catch((thrown: unknown) => {
      loaded.delete(sha);
      // The call behind it gets any other error as well.
      const error = translateError(thrown, '');
      if (isRedpostError(error, 'SERVER') && !error.retryable) this.#mayLoad = false;
    });
  }
}

function isUnknown(error: unknown): boolean {
  return isRedpostError(error, 'SERVER') && error.reply === 'NOSCRIPT';
}
