import {
  checkedName,
  connectionOf,
  encodeBody,
  InvalidArgumentError,
  type NamesOf,
  refuseUnknownOptions,
  shown,
  validate,
} from '@redpost/core';
import { newestId, Pace } from '@redpost/core/consuming';
import type { QueueContext } from '../../context.js';
import { queueKeys } from '../../keys.js';
import { encodeEnvelope, withBody, withOrigin } from '../../message/envelope.js';
import { queueOwner } from '../../queue-owner.js';
import { acceptRedriven } from '../../scripts/accept-redriven.js';
import { redrive } from '../../scripts/redrive.js';
import type { DeadLetterSelection } from './dead-filter.js';
import { checkEntry, type DeadLetter, type ReadLetter } from './dead-letter.js';
import { findEntries, readEntries } from './dead-search.js';

/** Which dead letters to send again, where to and how fast. */
export interface RedriveOptions<Body = unknown, Input = Body> {
  /** Only these entries. Default: all there are now. Not together with `filter`. */
  entries?: readonly string[] | undefined;
  /** Only those that this means. */
  filter?: DeadLetterSelection<Body> | undefined;
  /** The queue that they go to, or its name: one of the same Redis. Default: the queue that they died in. */
  to?: string | { readonly name: string } | undefined;
  /**
   * Returns the body to send instead. Its key, headers and all else stay. The body that it is given is undefined if it
   * cannot be read; `letter.bytes` has it then. If it throws, the redrive rejects with its error.
   */
  map?: ((body: Body | undefined, letter: DeadLetter<Body>) => Input | Promise<Input>) | undefined;
  /** How many are sent per second at most, more than 0. Default: as fast as Redis does it. */
  ratePerSecond?: number | undefined;
  /** Ends it early. What was redriven until then stays so. */
  signal?: AbortSignal | undefined;
  /** Called after each part. */
  onProgress?: ((progress: RedriveProgress) => void) | undefined;
}

/** How far a redrive has come. */
export interface RedriveProgress {
  /** How many were sent again. */
  readonly redriven: number;
  /** How many dead letters were looked at. */
  readonly examined: number;
  /** How many there were when it began, or how many `entries` were given. */
  readonly of: number;
}

/** What a redrive has done. */
export interface RedriveResult extends RedriveProgress {
  /** True when the signal has ended it before it had looked at all. */
  readonly isInterrupted: boolean;
}

const optionNames: NamesOf<RedriveOptions> = {
  entries: true,
  filter: true,
  to: true,
  map: true,
  ratePerSecond: true,
  signal: true,
  onProgress: true,
};

/** How many one script moves: it holds up everything else meanwhile. */
const chunk = 200;
/** How many bytes of messages one call sends. */
const mostBytes = 500_000;

/** Sends dead letters of a queue again, in parts. */
export class Redrive<Body, Input> {
  readonly #context: QueueContext<Body>;
  readonly #options: RedriveOptions<Body, Input>;
  /** Undefined if they stay in their queue. */
  readonly #target: string | undefined;
  readonly #size: number;
  readonly #pace: Pace;
  #redriven = 0;
  #examined = 0;
  #of = 0;
  #isInterrupted = false;

  /** @throws InvalidArgumentError for an option that cannot work. */
  constructor(context: QueueContext<Body>, options: RedriveOptions<Body, Input>) {
    refuseUnknownOptions('deadLetters.redrive()', options, optionNames);
    const { entries, filter, to, ratePerSecond, map } = options;
    if (entries && filter) {
      throw new InvalidArgumentError('redrive() takes entries or a filter, not both');
    }
    if (map !== undefined && typeof map !== 'function') {
      throw new InvalidArgumentError(`map is a function, got ${shown(map)}`);
    }
    const target = typeof to === 'object' && to !== null ? to.name : to;
    if (target !== undefined && target !== context.name) {
      queueKeys(checkedName('The name in `to`', target));
    }
    this.#context = context;
    this.#options = options;
    this.#target = target === context.name ? undefined : target;
    this.#pace = new Pace(ratePerSecond, options.signal);
    this.#size = this.#pace.partOf(chunk);
  }

  async run(): Promise<RedriveResult> {
    const { entries, filter, map } = this.#options;
    const { connection, keys } = this.#context;
    const isWhole = !entries && !filter && !map && this.#target === undefined;
    if (entries) {
      const given = [...new Set(entries.map(checkEntry))];
      this.#of = given.length;
      this.#examined = await this.#send(given);
    } else {
      this.#of = (await connection.call('XLEN', [keys.dead])) as number;
      if (isWhole) await this.#redriveAll();
      else await this.#redriveFound(filter ?? {});
    }
    const { redriven, examined, of } = this.#progress;
    return { redriven, examined, of, isInterrupted: this.#isInterrupted };
  }

  get #progress(): RedriveProgress {
    return { redriven: this.#redriven, examined: this.#examined, of: this.#of };
  }

  /** To be asked only while something is left to do. */
  #wasAborted(): boolean {
    if (this.#options.signal?.aborted) this.#isInterrupted = true;
    return this.#isInterrupted;
  }

  async #redriveAll(): Promise<void> {
    const { connection, keys } = this.#context;
    const last = await connection.run(newestId, keys.dead);
    let from = '-';
    while (last !== undefined && (await this.#mayGoOn())) {
      const input = { keys, ranges: [{ from, to: last }], limit: this.#size };
      const moved = await connection.run(redrive, input);
      if (moved.length === 0) return;
      from = `(${moved.at(-1)}`;
      this.#examined += moved.length;
      this.#count(moved.length);
    }
  }

  async #redriveFound(filter: DeadLetterSelection<Body>): Promise<void> {
    for await (const { letters, examined } of findEntries(this.#context, filter)) {
      if (this.#wasAborted() || (await this.#send(letters)) < letters.length) return;
      this.#examined += examined;
      this.#count(0);
    }
  }

  /** Returns how many of these were dealt with: fewer only if the signal has ended it. */
  async #send(entries: readonly string[]): Promise<number> {
    let done = 0;
    while (done < entries.length && (await this.#mayGoOn())) {
      const part = entries.slice(done, done + this.#size);
      this.#count(await this.#sendPart(part));
      done += part.length;
    }
    return done;
  }

  async #sendPart(entries: readonly string[]): Promise<number> {
    const { map } = this.#options;
    if (!map && this.#target === undefined) {
      return this.#redriveHere(entries.map((entry) => ({ from: entry, to: entry })));
    }
    let redriven = 0;
    let elements: { entry: string; element: Buffer }[] = [];
    let bytes = 0;
    const flush = async () => {
      redriven += await this.#sendElements(elements);
      [elements, bytes] = [[], 0];
    };
    for (const read of await readEntries(this.#context, entries)) {
      const { entry } = read.letter;
      const element = map ? await this.#edited(read, map) : read.element;
      if (bytes + element.length > mostBytes && elements.length > 0) await flush();
      elements.push({ entry, element });
      bytes += element.length;
    }
    if (elements.length > 0) await flush();
    return redriven;
  }

  #sendElements(letters: readonly { entry: string; element: Buffer }[]): Promise<number> {
    if (this.#target !== undefined) return this.#sendTo(this.#target, letters);
    return this.#redriveHere(
      letters.map(({ entry, element }) => ({ from: entry, to: entry, element })),
    );
  }

  /** One script moves a limited number of bytes: it is called until all have been dealt with. */
  async #redriveHere(
    ranges: readonly { from: string; to: string; element?: Buffer }[],
  ): Promise<number> {
    const { connection, keys } = this.#context;
    let redriven = 0;
    let left = ranges;
    while (left.length > 0) {
      const moved = await connection.run(redrive, { keys, ranges: left, limit: chunk });
      if (moved.length === 0) break;
      redriven += moved.length;
      const at = left.findIndex(({ from }) => from === moved.at(-1));
      left = left.slice(at + 1);
    }
    return redriven;
  }

  /**
   * Another queue has another slot, so two steps are needed. They are deleted after the other queue has accepted them:
   * if this process dies in between, the next redrive to that queue deletes them without sending them again.
   */
  async #sendTo(
    target: string,
    letters: readonly { entry: string; element: Buffer }[],
  ): Promise<number> {
    const { connection, keys, name: source } = this.#context;
    const targetKeys = queueKeys(target);
    const other = connectionOf(queueOwner(target, targetKeys), connection);
    const originated = letters.map(({ entry, element }) => {
      return { entry, element: withOrigin(element, source) };
    });
    await other.run(acceptRedriven, { keys: targetKeys, source, letters: originated });
    const entries = letters.map(({ entry }) => entry);
    return (await connection.call('XDEL', [keys.dead, ...entries])) as number;
  }

  async #edited(
    { letter, element }: ReadLetter<Body>,
    map: NonNullable<RedriveOptions<Body, Input>['map']>,
  ): Promise<Buffer> {
    const { codec, schema } = this.#context;
    const body = await map(letter.body, letter);
    if (schema) await validate(schema, body);
    const encoded = encodeBody(codec, body);
    const idJson = JSON.stringify(letter.entry);
    const edited =
      letter.id === undefined
        ? encodeEnvelope({ idJson, sentAt: letter.diedAt.getTime() }, encoded)
        : withBody(element, encoded);
    return Buffer.from(edited);
  }

  /** Resolves to false when the signal has ended it. */
  async #mayGoOn(): Promise<boolean> {
    await this.#pace.mayGoOn(this.#redriven);
    return !this.#wasAborted();
  }

  #count(redriven: number): void {
    this.#redriven += redriven;
    this.#options.onProgress?.(this.#progress);
  }
}
