import type { ComponentChildren } from 'preact';
import { setQuery } from '../router.js';

/** A column of a table. */
export interface Column<Row> {
  title: string;
  cell(row: Row): ComponentChildren;
  /** Aligned as numbers are. */
  isNumber?: boolean;
  /** Never in more than one line. */
  isShort?: boolean;
  /** The value of `?sort=` that sorts by it. */
  sort?: string;
}

interface TableProps<Row> {
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf(row: Row): string;
  /** Shown instead of no rows. */
  empty: ComponentChildren;
  /** By which it is sorted. */
  sorted?: string;
  /** Rows that are to be seen first. */
  isUrgent?(row: Row): boolean;
}

/** A table, which on a narrow screen becomes a list of cards. */
export function Table<Row>({
  caption,
  columns,
  rows,
  keyOf,
  empty,
  sorted,
  isUrgent,
}: TableProps<Row>) {
  if (rows.length === 0) return <p class="quiet empty">{empty}</p>;
  return (
    <div class="table-frame">
      <table class="data">
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ title, isNumber, sort }) => (
              <th
                key={title}
                scope="col"
                class={isNumber ? 'number' : undefined}
                aria-sort={sort && sort === sorted ? 'descending' : undefined}
              >
                {sort ? (
                  <button
                    type="button"
                    class="sorter"
                    onClick={() =>
                      setQuery({ sort: sort === sorted ? undefined : sort, offset: undefined })
                    }
                  >
                    {title}
                  </button>
                ) : (
                  title
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} class={isUrgent?.(row) ? 'urgent' : undefined}>
              {columns.map(({ title, cell, isNumber, isShort }, at) =>
                at === 0 ? (
                  <th key={title} scope="row">
                    {cell(row)}
                  </th>
                ) : (
                  <td
                    key={title}
                    data-title={title}
                    class={isNumber ? 'number' : isShort ? 'short' : undefined}
                  >
                    {cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Goes through the pages of a list of which only a part is shown. */
export function Pages({ offset, size, found }: { offset: number; size: number; found: number }) {
  if (found <= size && offset === 0) return null;
  const last = Math.min(found, offset + size);
  return (
    <nav class="pages" aria-label="Pages">
      <button
        type="button"
        class="secondary outline"
        disabled={offset === 0}
        onClick={() => setQuery({ offset: Math.max(0, offset - size) || undefined })}
      >
        Previous
      </button>
      <span>
        {found === 0 ? 0 : offset + 1}–{last} of {found}
      </span>
      <button
        type="button"
        class="secondary outline"
        disabled={last >= found}
        onClick={() => setQuery({ offset: offset + size })}
      >
        Next
      </button>
    </nav>
  );
}
