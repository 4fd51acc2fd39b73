import { apiAddress, useLive } from '../api.js';
import { number } from '../format.js';
import { AttentionBadges } from '../parts/attention.js';
import { Loading, ProblemNote } from '../parts/problem.js';
import { Search } from '../parts/search.js';
import { Table } from '../parts/table.js';
import { Link } from '../router.js';
import type { TopicRow } from '../types.js';

export function TopicsScreen({ query }: { query: URLSearchParams }) {
  const search = query.get('search') ?? '';
  return (
    <>
      <div class="bar">
        <h1>Topics</h1>
        <Search label="Search topics" name="search" value={search} />
      </div>
      <TopicTable search={search} />
    </>
  );
}

export function TopicTable({ search }: { search: string }) {
  const { data, problem } = useLive<{ topics: TopicRow[]; found: number }>(
    apiAddress(['topics'], { search }),
  );
  if (!data) return <Loading problem={problem} />;
  return (
    <>
      <ProblemNote problem={problem} />
      <Table
        caption="Topics"
        rows={data.topics}
        keyOf={({ name }) => name}
        empty={search ? 'No topic is like that.' : 'No topic yet.'}
        isUrgent={({ attention }) => attention.length > 0}
        columns={[
          {
            title: 'Topic',
            cell: ({ name, attention }) => (
              <span class="named">
                <Link to={['topics', name]}>{name}</Link>
                <AttentionBadges reasons={attention} />
              </span>
            ),
          },
          { title: 'Records', isNumber: true, cell: ({ length }) => number(length) },
          { title: 'Groups', isNumber: true, cell: ({ groups }) => number(groups) },
          { title: 'Greatest lag', isNumber: true, cell: ({ lag }) => number(lag) },
          {
            title: 'Dead',
            isNumber: true,
            cell: ({ dead }) => (dead ? <span class="dead">{number(dead)}</span> : '0'),
          },
          { title: 'Consumers', isNumber: true, cell: ({ consumers }) => number(consumers) },
          {
            title: 'Cut unread',
            isNumber: true,
            cell: ({ cut }) => (cut ? <span class="dead">{number(cut)}</span> : '0'),
          },
        ]}
      />
      {data.found > data.topics.length && (
        <p class="quiet">
          {number(data.topics.length)} of {number(data.found)} topics: search for the others.
        </p>
      )}
    </>
  );
}
