import { useEffect, useState } from 'preact/hooks';
import { follow, type Problem } from '../api.js';
import { number } from '../format.js';
import { ProblemNote } from './problem.js';
import { type Column, Table } from './table.js';

/** So many are shown. */
const mostShown = 100;

/** What has come, and the how manieth it is. */
interface Arrived<Item> {
  n: number;
  item: Item;
}

interface TailProps<Item> {
  caption: string;
  /** The stream that is followed. */
  url: string;
  columns: readonly Column<Item>[];
  empty: string;
}

/** What is published from now on, the newest first. */
export function Tail<Item>({ caption, url, columns, empty }: TailProps<Item>) {
  const [arrived, setArrived] = useState<Arrived<Item>[]>([]);
  const [skipped, setSkipped] = useState(0);
  const [problem, setProblem] = useState<Problem>();
  useEffect(
    () =>
      follow(url, {
        came(text) {
          const batch = JSON.parse(text) as { items: Item[]; skipped: number };
          setArrived((before) => {
            const last = before[0]?.n ?? 0;
            const added = batch.items.map((item, at) => ({ n: last + at + 1, item }));
            return [...added.reverse(), ...before].slice(0, mostShown);
          });
          setSkipped((before) => before + batch.skipped);
          setProblem(undefined);
        },
        failed: setProblem,
      }),
    [url],
  );
  return (
    <>
      <ProblemNote problem={problem} />
      <Table
        caption={caption}
        rows={arrived}
        keyOf={({ n }) => String(n)}
        columns={columns.map((column) => ({
          ...column,
          cell: ({ item }: Arrived<Item>) => column.cell(item),
        }))}
        empty={empty}
      />
      {skipped > 0 && <p class="quiet">{number(skipped)} more came too fast to be shown.</p>}
    </>
  );
}
