import { apiAddress, useLive, useRead } from '../api.js';
import { number, time } from '../format.js';
import { Preview } from '../parts/body.js';
import { Tabs } from '../parts/fields.js';
import { Loading, ProblemNote } from '../parts/problem.js';
import { type Column, Table } from '../parts/table.js';
import { Tail } from '../parts/tail.js';
import { Tiles } from '../parts/tiles.js';
import { Link, setQuery } from '../router.js';
import type { TopicDetail, TopicRecord } from '../types.js';

interface Props {
  topic: string;
  query: URLSearchParams;
}

/** One topic: its groups, and its records. */
export function TopicScreen({ topic, query }: Props) {
  const { data, problem } = useLive<TopicDetail>(apiAddress(['topics', topic]));
  const isTail = query.get('show') === 'tail';
  if (!data) return <Loading problem={problem} />;
  return (
    <>
      <h1>{topic}</h1>
      <ProblemNote problem={problem} />
      <Tiles
        tiles={[
          { title: 'Records', value: number(data.length) },
          { title: 'Partitions', value: number(Math.max(1, data.partitions.count)) },
          { title: 'Groups', value: number(data.groups.length) },
          { title: 'Cut unread', value: number(data.cut), tone: data.cut ? 'danger' : undefined },
        ]}
      />
      <Groups topic={topic} data={data} />
      {data.partitions.streams.length > 1 && <Partitions partitions={data.partitions} />}
      <section aria-labelledby="records">
        <div class="bar">
          <h2 id="records">Records</h2>
          <Tabs label="Which records">
            <Link to={['topics', topic]} isCurrent={!isTail}>
              stored
            </Link>
            <Link to={['topics', topic]} query={{ show: 'tail' }} isCurrent={isTail}>
              live
            </Link>
          </Tabs>
        </div>
        {isTail ? (
          <Tail
            caption="Records as they are published"
            url={apiAddress(['topics', topic, 'tail'])}
            columns={recordColumns}
            empty="Waiting for the next record…"
          />
        ) : (
          <Stored topic={topic} from={query.get('from') ?? ''} />
        )}
      </section>
    </>
  );
}

function Groups({ topic, data }: { topic: string; data: TopicDetail }) {
  return (
    <section aria-labelledby="groups">
      <h2 id="groups">Groups</h2>
      <Table
        caption="Groups"
        rows={data.groups}
        keyOf={({ group }) => group}
        empty="No group consumes this topic."
        isUrgent={({ dead, consumers, lag }) => dead > 0 || (consumers === 0 && lag > 0)}
        columns={[
          {
            title: 'Group',
            cell: ({ group }) => <Link to={['topics', topic, 'groups', group]}>{group}</Link>,
          },
          { title: 'Lag', isNumber: true, cell: ({ lag }) => number(lag) },
          { title: 'Pending', isNumber: true, cell: ({ pending }) => number(pending) },
          { title: 'Delayed', isNumber: true, cell: ({ delayed }) => number(delayed) },
          {
            title: 'Dead',
            isNumber: true,
            cell: ({ dead }) => (dead ? <span class="dead">{number(dead)}</span> : '0'),
          },
          { title: 'Consumers', isNumber: true, cell: ({ consumers }) => number(consumers) },
        ]}
      />
    </section>
  );
}

function Partitions({ partitions }: Pick<TopicDetail, 'partitions'>) {
  const { isMoving, streams } = partitions;
  return (
    <section aria-labelledby="partitions">
      <h2 id="partitions">Partitions</h2>
      {isMoving && (
        <p class="note">
          Their number has changed: groups settle what is left in the former ones first.
        </p>
      )}
      <Table
        caption="Records by partition"
        rows={streams}
        keyOf={({ stream }) => stream}
        empty="There is no partition."
        columns={[
          { title: 'Partition', cell: ({ partition }) => partition },
          { title: 'Stream', cell: ({ stream }) => <code>{stream}</code> },
          { title: 'Records', isNumber: true, cell: ({ length }) => number(length) },
          { title: 'State', cell: ({ isFormer }) => (isFormer ? 'former' : 'in use') },
        ]}
      />
    </section>
  );
}

const recordColumns: Column<TopicRecord>[] = [
  { title: 'Offset', cell: ({ offset }) => <code>{offset}</code> },
  { title: 'Partition', isNumber: true, cell: ({ partition }) => partition },
  { title: 'Published', cell: ({ publishedAt }) => time(publishedAt) },
  { title: 'Key', cell: ({ key }) => key ?? '–' },
  { title: 'Body', cell: ({ body }) => <Preview body={body} /> },
];

const keyOf = ({ partition, offset }: TopicRecord) => `${partition} ${offset}`;

function Stored({ topic, from }: { topic: string; from: string }) {
  const place = from === '' ? 'beginning' : new Date(from).toISOString();
  const { data, problem } = useRead<{ records: TopicRecord[] }>(
    apiAddress(['topics', topic, 'records'], { from: place }),
  );
  return (
    <>
      <div class="bar">
        <label class="inline">
          From
          <input
            type="datetime-local"
            value={from}
            onChange={({ currentTarget }) => setQuery({ from: currentTarget.value })}
          />
        </label>
      </div>
      {data ? (
        <Table
          caption="Records"
          rows={data.records}
          keyOf={keyOf}
          columns={recordColumns}
          empty="No record from there on."
        />
      ) : (
        <Loading problem={problem} />
      )}
    </>
  );
}
