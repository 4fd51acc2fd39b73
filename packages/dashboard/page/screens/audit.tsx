import { apiAddress, useRead } from '../api.js';
import { number, time } from '../format.js';
import { Loading } from '../parts/problem.js';
import { Table } from '../parts/table.js';
import { setQuery } from '../router.js';
import type { AuditEntry } from '../types.js';

const tones: Record<string, string> = {
  done: 'good',
  failed: 'danger',
  stopped: 'warning',
  started: '',
};

/** Who has done what to how many. */
export function AuditScreen({ query }: { query: URLSearchParams }) {
  const before = query.get('before') ?? undefined;
  const { data, problem, again } = useRead<{ entries: AuditEntry[]; next?: string }>(
    apiAddress(['audit'], { before }),
  );
  return (
    <>
      <div class="bar">
        <h1>Audit</h1>
        <button type="button" class="secondary outline" onClick={again}>
          Look again
        </button>
      </div>
      {data ? (
        <>
          <Table
            caption="What was done by dashboards"
            rows={data.entries}
            keyOf={({ id }) => id}
            empty="Nothing was done yet by a dashboard of this Redis."
            columns={[
              { title: 'At', cell: ({ at }) => time(at) },
              { title: 'Who', cell: ({ user }) => user },
              { title: 'Action', cell: ({ action }) => action },
              { title: 'To', cell: ({ target }) => target },
              { title: 'Messages', isNumber: true, cell: ({ count }) => number(count) },
              {
                title: 'Outcome',
                cell: ({ outcome }) => <span class={`badge ${tones[outcome]}`}>{outcome}</span>,
              },
              { title: 'Detail', cell: ({ detail }) => <span class="cut">{detail || '–'}</span> },
            ]}
          />
          {data.next && (
            <button
              type="button"
              class="secondary outline"
              onClick={() => setQuery({ before: data.next })}
            >
              Older ones
            </button>
          )}
        </>
      ) : (
        <Loading problem={problem} />
      )}
    </>
  );
}
