import { useState } from 'preact/hooks';
import { apiAddress, type Reading, useRead } from '../api.js';
import { ago, number, time } from '../format.js';
import { Preview } from '../parts/body.js';
import { useDialog } from '../parts/dialog.js';
import { Loading } from '../parts/problem.js';
import { Search } from '../parts/search.js';
import { Table } from '../parts/table.js';
import { Link, type Query, setQuery } from '../router.js';
import { allows } from '../session.js';
import type { DeadGroup, DeadGroups, DeadLetter, Role } from '../types.js';
import { DeleteDialog, RedriveDialog, type Selection } from './dead-dialogs.js';

interface Props {
  queue: string;
  query: URLSearchParams;
  rights: Role;
}

const filterNames = ['reason', 'error', 'fingerprint', 'key', 'id', 'since', 'until'] as const;
type Filter = Partial<Record<(typeof filterNames)[number], string>>;

/** Dead letters: what they died of, and what is to become of them. */
export function DeadLettersScreen({ queue, query, rights }: Props) {
  const filter = filterIn(query);
  const after = query.get('after') ?? undefined;
  const path = ['queues', queue, 'dead-letters'];
  const groups = useRead<DeadGroups>(apiAddress([...path, 'groups'], filter));
  const letters = useRead<{ letters: DeadLetter[]; next?: string }>(
    apiAddress(path, { ...filter, after }),
  );
  const again = () => {
    groups.again();
    letters.again();
  };
  return (
    <>
      <FilterBar filter={filter} again={again} />
      <DeadGroupsTable reading={groups} isFiltered={isFiltered(filter)} />
      <section aria-labelledby="letters">
        <h2 id="letters">
          {groups.data ? number(groups.data.matching) : ''} dead letters
          {isFiltered(filter) && ' that match'}
        </h2>
        {letters.data ? (
          <Letters
            key={JSON.stringify([filter, after])}
            {...{ queue, filter, rights, again }}
            letters={letters.data.letters}
            next={letters.data.next}
            matching={groups.data?.matching}
          />
        ) : (
          <Loading problem={letters.problem} />
        )}
      </section>
    </>
  );
}

function filterIn(query: URLSearchParams): Filter {
  const given = filterNames.map((name) => [name, query.get(name)] as const);
  return Object.fromEntries(given.filter(([, value]) => value));
}

function isFiltered(filter: Filter): boolean {
  return Object.keys(filter).length > 0;
}

function FilterBar({ filter, again }: { filter: Filter; again(): void }) {
  const clear: Query = { after: undefined };
  for (const name of filterNames) clear[name] = undefined;
  return (
    <div class="bar">
      <Search label="Error contains" name="error" value={filter.error ?? ''} />
      <Search label="Reason is" name="reason" value={filter.reason ?? ''} />
      <Search label="Key is" name="key" value={filter.key ?? ''} />
      <Search label="Id is" name="id" value={filter.id ?? ''} />
      {filter.fingerprint && <span class="badge">kind {filter.fingerprint}</span>}
      {isFiltered(filter) && (
        <button type="button" class="secondary outline" onClick={() => setQuery(clear)}>
          Show all
        </button>
      )}
      <button type="button" class="secondary outline" onClick={again}>
        Look again
      </button>
    </div>
  );
}

/** What dead letters died of. To choose a row filters the address by it. */
export function DeadGroupsTable({
  reading: { data, problem },
  isFiltered,
}: {
  reading: Reading<DeadGroups>;
  isFiltered: boolean;
}) {
  if (!data) return <Loading problem={problem} />;
  const choose = (group: DeadGroup) =>
    setQuery({ reason: group.reason, fingerprint: group.fingerprint, after: undefined });
  return (
    <section aria-labelledby="groups">
      <h2 id="groups">What they died of</h2>
      <Table
        caption="Dead letters by reason and kind of error"
        rows={data.groups}
        keyOf={({ reason, fingerprint }) => `${reason} ${fingerprint}`}
        empty={isFiltered ? 'No dead letter matches.' : 'There are no dead letters.'}
        columns={[
          {
            title: 'Error',
            cell: (group) => (
              <button type="button" class="link" onClick={() => choose(group)}>
                {group.error || '(no error)'}
              </button>
            ),
          },
          { title: 'Reason', cell: ({ reason }) => reason },
          { title: 'Count', isNumber: true, cell: ({ count }) => number(count) },
          {
            title: 'First',
            isShort: true,
            cell: ({ first }) => <span title={time(first)}>{ago(first)}</span>,
          },
          {
            title: 'Last',
            isShort: true,
            cell: ({ last }) => <span title={time(last)}>{ago(last)}</span>,
          },
        ]}
      />
    </section>
  );
}

interface LettersProps {
  queue: string;
  filter: Filter;
  rights: Role;
  letters: DeadLetter[];
  next: string | undefined;
  /** How many the filter means. */
  matching: number | undefined;
  again(): void;
}

function Letters({ queue, filter, rights, letters, next, matching, again }: LettersProps) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [dialog, open] = useDialog();
  const toggle = (entry: string) => {
    const changed = new Set(chosen);
    if (!changed.delete(entry)) changed.add(entry);
    setChosen(changed);
  };
  const selection: Selection =
    chosen.size > 0
      ? { count: number(chosen.size), about: { entries: [...chosen] } }
      : { count: number(matching), about: isFiltered(filter) ? { filter } : {} };
  const about = { path: ['queues', queue, 'dead-letters'], owner: queue, selection, again };
  const which =
    chosen.size > 0 ? `${chosen.size} chosen` : isFiltered(filter) ? 'all that match' : 'all';
  return (
    <>
      {allows(rights, 'operate') && letters.length > 0 && (
        <div class="buttons actions">
          <button
            type="button"
            onClick={() => open((close) => <RedriveDialog {...about} close={close} />)}
          >
            Redrive {which}…
          </button>
          {allows(rights, 'destroy') && (
            <button
              type="button"
              class="dangerous outline"
              onClick={() => open((close) => <DeleteDialog {...about} close={close} />)}
            >
              Delete {which}…
            </button>
          )}
        </div>
      )}
      {dialog}
      <Table
        caption="Dead letters"
        rows={letters}
        keyOf={({ entry }) => entry}
        empty="None."
        columns={[
          {
            title: 'Id',
            cell: ({ entry, id }) => (
              <span class="named">
                {allows(rights, 'operate') && (
                  <input
                    type="checkbox"
                    aria-label={`Choose ${id ?? entry}`}
                    checked={chosen.has(entry)}
                    onChange={() => toggle(entry)}
                  />
                )}
                <Link to={['queues', queue, 'dead-letters', entry]}>{id ?? entry}</Link>
              </span>
            ),
          },
          { title: 'Reason', cell: ({ reason }) => reason },
          { title: 'Error', cell: ({ error }) => <span class="cut">{error || '–'}</span> },
          { title: 'Body', cell: ({ body }) => <Preview body={body} /> },
          { title: 'Attempts', isNumber: true, cell: ({ attempt }) => number(attempt) },
          {
            title: 'Died',
            isShort: true,
            cell: ({ diedAt }) => <span title={time(diedAt)}>{ago(diedAt)}</span>,
          },
        ]}
      />
      {next && (
        <button type="button" class="secondary outline" onClick={() => setQuery({ after: next })}>
          Newer ones
        </button>
      )}
    </>
  );
}
