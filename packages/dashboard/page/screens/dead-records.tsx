import { apiAddress, change, useRead } from '../api.js';
import { ago, number } from '../format.js';
import { Preview } from '../parts/body.js';
import { Dialog, useDialog } from '../parts/dialog.js';
import { showOperation } from '../parts/operations.js';
import { Loading } from '../parts/problem.js';
import { Table } from '../parts/table.js';
import { setQuery } from '../router.js';
import { allows } from '../session.js';
import type { DeadGroups, DeadRecord, Operation, Role } from '../types.js';
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
  const act = async (action: string, more: object) => {
    const body = { ...(isFiltered && { filter }), ...more };
    showOperation(await change<Operation>('POST', [...path, action], body));
    groups.again();
    letters.again();
  };
  const redrive = () =>
    open((close) => (
      <Dialog
        title="Redrive"
        action={`Deliver ${meant} again`}
        act={() => act('redrive', {})}
        close={close}
      >
        <p>
          <strong>{meant}</strong> dead letters are delivered to this group again.
        </p>
      </Dialog>
    ));
  const remove = () =>
    open((close) => (
      <Dialog
        title="Delete dead letters"
        action={`Delete ${meant}`}
        isDangerous
        typed={group}
        act={() => act('delete', { confirm: group })}
        close={close}
      >
        <p>
          <strong>{meant}</strong> dead letters are deleted. This cannot be undone.
        </p>
      </Dialog>
    ));
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
        </div>
        {allows(rights, 'operate') && groups.data && (
          <div class="buttons actions">
            <button type="button" onClick={redrive}>
              Redrive {which}…
            </button>
            {allows(rights, 'destroy') && (
              <button type="button" class="dangerous outline" onClick={remove}>
                Delete {which}…
              </button>
            )}
          </div>
        )}
        {dialog}
        {letters.data ? <Letters {...letters.data} /> : <Loading problem={letters.problem} />}
      </section>
    </>
  );
}

function Letters({ letters, next }: { letters: DeadRecord[]; next?: string }) {
  return (
    <>
      <Table
        caption="Dead letters of this group"
        rows={letters}
        keyOf={({ entry }) => entry}
        empty="None."
        columns={[
          { title: 'Offset', cell: ({ offset }) => <code>{offset}</code> },
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
