import { redrive } from '../../scripts/redrive.js';
import type { ReadLetter } from './dead-letter.js';
import type { DeadList } from './dead-list.js';
import { readOne } from './dead-search.js';
import type { LeavingLetter, RedriveTarget } from './redrive-target.js';

/** How many one script moves: it holds up everything else meanwhile. */
export const chunk = 200;
/** How many bytes of messages one call sends. */
const mostBytes = 500_000;

/** How dead letters are sent again. */
interface Resending<Body> {
  /** Makes the element to send instead. */
  edit: ((read: ReadLetter<Body>) => Promise<Buffer>) | undefined;
  /** Undefined if they stay in their list. */
  target: RedriveTarget | undefined;
}

/** Sends dead letters of one list again, `chunk` at most. Returns how many were there. */
export async function resend<Body>(
  list: DeadList<Body>,
  ids: readonly string[],
  { edit, target }: Resending<Body>,
): Promise<number> {
  if (!edit && !target) {
    return redriveHere(
      list,
      ids.map((id) => ({ id })),
    );
  }
  let redriven = 0;
  let letters: LeavingLetter[] = [];
  let bytes = 0;
  const flush = async () => {
    redriven += await (target ? sendTo(target, list, letters) : redriveHere(list, letters));
    [letters, bytes] = [[], 0];
  };
  for (const read of (await Promise.all(ids.map((id) => readOne(list, id)))).flat()) {
    const element = edit ? await edit(read) : read.element;
    if (bytes + element.length > mostBytes && letters.length > 0) await flush();
    letters.push({ id: read.id, element });
    bytes += element.length;
  }
  if (letters.length > 0) await flush();
  return redriven;
}

/** One script moves a limited number of bytes: it is called until all have been dealt with. */
async function redriveHere<Body>(
  { connection, keys }: DeadList<Body>,
  letters: readonly { id: string; element?: Buffer }[],
): Promise<number> {
  let redriven = 0;
  let left = letters;
  while (left.length > 0) {
    const ranges = left.map(({ id, element }) => ({ from: id, to: id, element }));
    const moved = await connection.run(redrive, { keys, ranges, limit: chunk });
    if (moved.length === 0) break;
    redriven += moved.length;
    left = left.slice(left.findIndex(({ id }) => id === moved.at(-1)) + 1);
  }
  return redriven;
}

/**
 * Another queue has another slot, so two steps are needed. They are deleted after the other queue has accepted them:
 * if this process dies in between, the next redrive to that queue deletes them without sending them again.
 */
async function sendTo<Body>(
  target: RedriveTarget,
  list: DeadList<Body>,
  letters: readonly LeavingLetter[],
): Promise<number> {
  await target.accept(list, letters);
  const { connection, keys } = list;
  const ids = letters.map(({ id }) => id);
  return (await connection.call('XDEL', [keys.dead, ...ids])) as number;
}
