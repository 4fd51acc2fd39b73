import { clearTimeout, setTimeout } from '../runtime/timers.js';

/** How many begin at a time. */
const most = 32;
/** After so long, in ms, one does not count any more: what it waits for may be away, e.g. a part of a Cluster. */
const longestMs = 100;

let underWay = 0;
const waiting: (() => void)[] = [];

/**
 * Lets the sessions of this process begin in their order, a few at a time. What each needs for its start is garbage soon
 * after. A thousand that begin at once would keep theirs until all have begun, and the heap would grow by all of it.
 */
export async function beginInTurn<Result>(begin: () => Promise<Result>): Promise<Result> {
  if (underWay >= most) await new Promise<void>((resolve) => waiting.push(resolve));
  else underWay += 1;
  let isOver = false;
  const over = () => {
    if (isOver) return;
    isOver = true;
    const next = waiting.shift();
    if (next) next();
    else underWay -= 1;
  };
  const timer = setTimeout(over, longestMs);
  try {
    return await begin();
  } finally {
    clearTimeout(timer);
    over();
  }
}
