import { apiAddress, useRead } from '../api.js';
import { ago, number } from '../format.js';
import { Preview } from '../parts/body.js';
import { useDialog } from '../parts/dialog.js';
import { Loading } from '../parts/problem.js';
import { Table } from '../parts/table.js';
import { Link, setQuery } from '../router.js';
import { allows } from '../session.js';
import type { DeadGroups, DeadRecord, Role, TopicDetail } from '../types.js';
import { DeleteDialog, RedriveDialog } from './dead-dialogs.js';
import { DeadLetterScreen } from './dead-letter.js';
import { DeadGroupsTable } from './dead-letters.js';

interface Props {
  topic: string;
  group: string;
  query: URLSearchParams;
  rights: Role | undefined;
  /** How many there are. */
  count: number;
}

/** Dead letters of a group of a topic: what they died of, and what is to become of them. */
export function DeadRecords({ topic, group, query, rights, count }: Props) {
  const path = ['topics', topic, 'groups', group, 'dead-letters'];
  const [reason, fingerprint] = ['reason', 'fingerprint'].map((name) => query.get(name));
  const filter = { ...(reason && { reason }), ...(fingerprint && { fingerprint }) };
  const isFiltered = Object.keys(filter).length > 0;
  const after = query.get('after') ?? undefined;
  const groups = useRead<DeadGroups>(apiAddress([...path, 'groups'], filter));
  const letters = useRead<{ letters: DeadRecord[]; next?: string }>(
    apiAddress(path, { ...filter, after }),
  );
  const [dialog, open] = useDialog();
  const { matching = 0, examined = 0, of = 0 } = groups.data ?? {};
  // Not all are grouped where there are very many.
  const atLeast = isFiltered && examined < of ? 'at least ' : '';
  const meant = `${atLeast}${number(isFiltered ? matching : count)}`;
  const which = isFiltered ? 'all that match' : 'all';
  const about = {
    ...{ path, owner: group, selection: { count: meant, about: isFiltered ? { filter } : {} } },
    again() {
      groups.again();
      letters.again();
    },
  };
  return (
    <>
      <DeadGroupsTable reading={groups} isFiltered={isFiltered} />
      <section aria-labelledby="dead">
        <div class="bar">
          <h2 id="dead">
            {meant} dead letters{isFiltered && ' that match'}
          </h2>
          {isFiltered && (
            <button
              type="button"
              class="secondary outline"
              onClick={() =>
                setQuery({ reason: undefined, fingerprint: undefined, after: undefined })
              }
            >
              Show all
            </button>
          )}
          <button type="button" class="secondary outline" onClick={about.again}>
            Look again
          </button>
        </div>
        {allows(rights, 'operate') && groups.data && (
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
        {letters.data ? (
          <Letters {...letters.data} path={path} />
        ) : (
          <Loading problem={letters.problem} />
        )}
      </section>
    </>
  );
}

interface LettersProps {
  letters: DeadRecord[];
  next?: string;
  path: readonly string[];
}

function Letters({ letters, next, path }: LettersProps) {
  return (
    <>
      <Table
        caption="Dead letters of this group"
        rows={letters}
        keyOf={({ entry }) => entry}
        empty="None."
        columns={[
          {
            title: 'Offset',
            cell: ({ entry, offset }) => <Link to={[...path, entry]}>{offset}</Link>,
          },
          { title: 'Reason', cell: ({ reason }) => reason },
          { title: 'Error', cell: ({ error }) => <span class="cut">{error || '–'}</span> },
          { title: 'Body', cell: ({ body }) => <Preview body={body} /> },
          { title: 'Attempts', isNumber: true, cell: ({ attempt }) => number(attempt) },
          { title: 'Died', cell: ({ diedAt }) => ago(diedAt) },
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

/** One dead letter of a group. */
export function DeadRecordScreen(props: { topic: string; group: string; entry: string }) {
  const { topic, group, entry } = props;
  const { data } = useRead<TopicDetail>(apiAddress(['topics', topic]));
  const all = ['topics', topic, 'groups', group];
  const about = { all, path: [...all, 'dead-letters'], owner: group, rights: data?.rights };
  return (
    <>
      <h1>{group}</h1>
      <DeadLetterScreen {...about} entry={entry} />
    </>
  );
}
