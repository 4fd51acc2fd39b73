import { apiAddress, useLive } from '../api.js';
import { duration, number, rate } from '../format.js';
import { AttentionBadges, attentionWords } from '../parts/attention.js';
import { Loading, ProblemNote } from '../parts/problem.js';
import { Search } from '../parts/search.js';
import { Sparkline } from '../parts/sparkline.js';
import { type Column, Pages, Table } from '../parts/table.js';
import { Tiles } from '../parts/tiles.js';
import { Link, setQuery } from '../router.js';
import type { Overview, QueueRow } from '../types.js';
import { SomeChannels } from './channels.js';
import { TopicTable } from './topics.js';

const pageSize = 50;

const columns: Column<QueueRow>[] = [
  {
    title: 'Queue',
    sort: 'name',
    cell: ({ name, attention, isPaused }) => (
      <span class="named">
        <Link to={['queues', name]}>{name}</Link>
        <AttentionBadges reasons={attention} />
        {isPaused && !attention.includes('paused') && <span class="badge">paused</span>}
      </span>
    ),
  },
  { title: 'Pending', sort: 'pending', isNumber: true, cell: ({ pending }) => number(pending) },
  { title: 'Active', sort: 'active', isNumber: true, cell: ({ active }) => number(active) },
  { title: 'Delayed', sort: 'delayed', isNumber: true, cell: ({ delayed }) => number(delayed) },
  {
    title: 'Dead',
    sort: 'dead',
    isNumber: true,
    cell: ({ name, dead }) =>
      dead === 0 ? (
        '0'
      ) : (
        <Link to={['queues', name, 'dead-letters']} class="dead">
          {number(dead)}
        </Link>
      ),
  },
  { title: 'Oldest', sort: 'age', isNumber: true, cell: ({ ageMs }) => duration(ageMs) },
  { title: 'In/s', sort: 'in', isNumber: true, cell: ({ inPerSecond }) => rate(inPerSecond) },
  { title: 'Out/s', sort: 'out', isNumber: true, cell: ({ outPerSecond }) => rate(outPerSecond) },
  {
    title: 'Last minute',
    cell: ({ sparkline }) => <Sparkline values={sparkline} label="Messages out per second" />,
  },
  {
    title: 'Consumers',
    sort: 'consumers',
    isNumber: true,
    cell: ({ consumers }) => number(consumers),
  },
];

/** All queues, topics and channels on one page, those that need somebody first. */
export function NowScreen({ query }: { query: URLSearchParams }) {
  const search = query.get('search') ?? '';
  const sort = query.get('sort') ?? 'attention';
  const only = query.get('only') ?? '';
  const offset = Number(query.get('offset') ?? 0) || 0;
  const asked = { search, sort, only, offset, limit: pageSize };
  const { data, problem } = useLive<Overview>(apiAddress(['queues'], asked));
  return (
    <>
      <h1>Now</h1>
      <ProblemNote problem={data && problem} />
      {data && <Totals totals={data.totals} />}
      <section aria-labelledby="queues">
        <div class="bar">
          <h2 id="queues">Queues</h2>
          <Search label="Search queues" name="search" value={search} />
          <select
            aria-label="Only those that need attention"
            value={only}
            onChange={({ currentTarget }) =>
              setQuery({ only: currentTarget.value, offset: undefined })
            }
          >
            <option value="" selected={only === ''}>
              all
            </option>
            {Object.entries(attentionWords).map(([name, { text }]) => (
              <option key={name} value={name} selected={only === name}>
                {text}
              </option>
            ))}
          </select>
        </div>
        {data ? (
          <>
            <Table
              caption="Queues"
              columns={columns}
              rows={data.rows}
              keyOf={({ name }) => name}
              sorted={sort}
              isUrgent={({ attention }) =>
                attention.some((reason) => attentionWords[reason].tone === 'danger')
              }
              empty={emptyText(data, search !== '' || only !== '')}
            />
            <Pages offset={offset} size={pageSize} found={data.found} />
          </>
        ) : (
          <Loading problem={problem} />
        )}
      </section>
      <section aria-labelledby="topics">
        <h2 id="topics">Topics</h2>
        <TopicTable search="" />
      </section>
      <section aria-labelledby="channels">
        <h2 id="channels">Channels</h2>
        <SomeChannels />
      </section>
    </>
  );
}

function emptyText({ totals }: Overview, isFiltered: boolean) {
  if (isFiltered && totals.queues > 0) return 'No queue is like that.';
  return 'No queue yet: it is listed when a message is sent to it, or when somebody consumes it.';
}

function Totals({ totals }: { totals: Overview['totals'] }) {
  return (
    <Tiles
      tiles={[
        {
          title: 'Need attention',
          value: number(totals.attention),
          tone: totals.attention ? 'warning' : undefined,
        },
        { title: 'Queues', value: number(totals.queues) },
        { title: 'Pending', value: number(totals.pending) },
        { title: 'Active', value: number(totals.active) },
        { title: 'Delayed', value: number(totals.delayed) },
        { title: 'Dead', value: number(totals.dead), tone: totals.dead ? 'danger' : undefined },
        { title: 'In/s', value: rate(totals.inPerSecond) },
        { title: 'Out/s', value: rate(totals.outPerSecond) },
        { title: 'Consumers', value: number(totals.consumers) },
      ]}
    />
  );
}
