import { InvalidArgumentError, type NamesOf, refuseUnknownOptions, shown } from '@redpost/core';
import { newestId, Pace } from '@redpost/core/consuming';
import { redrive } from '../scripts/redrive.js';
import { type TopicContext, writeBody } from '../topic-context.js';
import { type DeadEntry, parseEntry } from './dead-entry.js';
import { type DeadPeek, type DeadRecord, peekDeadRecords, readDeadRecord } from './dead-record.js';
import { redriveToPresent } from './former-redrive.js';
import type { GroupContext } from './group-context.js';

/** Which dead letters are delivered again, how fast, and how that is watched and ended. */
export interface DeadRecordRedriveOptions<Body = unknown, Input = Body> {
  /** The names of the dead letters. Default: all that there are now. */
  entries?: readonly string[] | undefined;
  /**
   * Returns the body to deliver instead. Key, headers and all else stay. The body that it is given is undefined if it cannot
   * be read; `letter.bytes` has it then. If it throws, the redrive rejects with its error.
   */
  map?: ((body: Body | undefined, letter: DeadRecord<Body>) => Input | Promise<Input>) | undefined;
  /** How many are delivered per second at most, more than 0. Default: as fast as Redis does it. */
  ratePerSecond?: number | undefined;
  /** Ends it after the current part. What was moved until then stays moved. */
  signal?: AbortSignal | undefined;
  /** Called after each part, with how many were moved so far. */
  onProgress?: ((progress: { redriven: number }) => void) | undefined;
}

const optionNames: NamesOf<DeadRecordRedriveOptions> = {
  entries: true,
  map: true,
  ratePerSecond: true,
  signal: true,
  onProgress: true,
};

/** How many one script moves: it holds up everything else meanwhile. */
const mostMoved = 200;
/** How many are in the memory of this process at a time, to get other bodies. */
const mostEdited = 20;

/** Delivers dead letters to their group again, in parts, one partition after the other. Resolves to their number. */
export async function redriveDead<Body, Input>(
  context: GroupContext<Body>,
  options: DeadRecordRedriveOptions<Body, Input>,
): Promise<number> {
  refuseUnknownOptions('deadLetters.redrive()', options, optionNames);
  const { entries, map, ratePerSecond, signal, onProgress } = options;
  if (map !== undefined && typeof map !== 'function') {
    throw new InvalidArgumentError(`map is a function, got ${shown(map)}`);
  }
  const pace = new Pace(ratePerSecond, signal);
  const size = pace.partOf(map ? mostEdited : mostMoved);
  const moving = movedParts(context, entries?.map(parseEntry), map, size);
  await context.topic.generations.checked();
  let redriven = 0;
  while (await pace.mayGoOn(redriven)) {
    const { value: moved, done } = await moving.next();
    if (done) break;
    redriven += moved;
    onProgress?.({ redriven });
  }
  return redriven;
}

/** Moves a part each time that it is asked for one, and yields how many dead letters were in it. */
async function* movedParts<Body, Input>(
  context: GroupContext<Body>,
  entries: readonly DeadEntry[] | undefined,
  map: DeadRecordRedriveOptions<Body, Input>['map'],
  limit: number,
): AsyncGenerator<number, void, undefined> {
  const { connection } = context.topic;
  const peek = ({ partition, id: from }: DeadEntry, to = from) =>
    peekDeadRecords(context as GroupContext, partition, { from, to, limit });
  const move = async (entry: DeadEntry, to = entry.id, body?: string | Buffer) => {
    const { partition, id: from } = entry;
    const keys = context.partitions.of(partition)?.keys;
    if (!keys) return [];
    const input = { keys, group: context.group, from, to, limit, body };
    return (await connection.run(redrive, input)) ?? moveToPresent(await peek(entry, to), body);
  };
  const moveToPresent = async (letters: readonly DeadPeek[], body?: string | Buffer) => {
    const moved: string[] = [];
    for (const letter of letters) {
      const isMoved = await redriveToPresent(context as GroupContext, letter, body);
      if (isMoved) moved.push(letter.id);
    }
    return moved;
  };
  const moveEdited = async (letters: readonly DeadPeek[], edit: NonNullable<typeof map>) => {
    const edited: [DeadPeek, string | Buffer][] = [];
    for (const peeked of letters) {
      const letter = await readDeadRecord(context, peeked);
      const body = await edit(letter.body, letter);
      edited.push([peeked, await writeBody(context.topic as TopicContext, body)]);
    }
    const moves = edited.map(([peeked, body]) => move(peeked, peeked.id, body));
    return (await Promise.all(moves)).flat().length;
  };

  if (entries) {
    for (let at = 0; at < entries.length; at += limit) {
      const part = entries.slice(at, at + limit);
      if (map) {
        const letters = await Promise.all(part.map((entry) => peek(entry)));
        yield await moveEdited(letters.flat(), map);
      } else yield (await Promise.all(part.map((entry) => move(entry)))).flat().length;
    }
    return;
  }
  // Those that die meanwhile are not among them.
  const newest = await Promise.all(
    context.partitions.all.map(async ({ keys, number: partition }) => {
      return { partition, last: await connection.run(newestId, keys.dead) };
    }),
  );
  for (const { partition, last } of newest) {
    for (let id = '-'; last; ) {
      const letters = map && (await peek({ partition, id }, last));
      const ids = letters?.map((letter) => letter.id) ?? (await move({ partition, id }, last));
      if (ids.length === 0) break;
      id = `(${ids.at(-1)}`;
      yield map && letters ? await moveEdited(letters, map) : ids.length;
    }
  }
}
