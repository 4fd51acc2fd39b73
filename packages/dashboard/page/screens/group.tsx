import { useState } from 'preact/hooks';
import { apiAddress, change, useLive, useRead } from '../api.js';
import { number } from '../format.js';
import { Dialog, useDialog } from '../parts/dialog.js';
import { Choice, Field } from '../parts/fields.js';
import { Loading, ProblemNote } from '../parts/problem.js';
import { Table } from '../parts/table.js';
import { Facts, Tiles } from '../parts/tiles.js';
import { Link } from '../router.js';
import { allows } from '../session.js';
import type { GroupDetail, TopicDetail } from '../types.js';
import { consumerColumns } from './consumers.js';
import { DeadRecords } from './dead-records.js';

interface Props {
  topic: string;
  group: string;
  query: URLSearchParams;
}

/** One group of a topic. */
export function GroupScreen({ topic, group, query }: Props) {
  const path = ['topics', topic, 'groups', group];
  const { data, problem, again } = useLive<GroupDetail>(apiAddress(path));
  const { data: detail } = useRead<TopicDetail>(apiAddress(['topics', topic]));
  const [dialog, open] = useDialog();
  const rights = detail?.rights;
  if (!data) return <Loading problem={problem} />;
  return (
    <>
      <p class="back">
        <Link to={['topics', topic]}>← {topic}</Link>
      </p>
      <h1>{group}</h1>
      <ProblemNote problem={problem} />
      {allows(rights, 'operate') && (
        <div class="buttons actions">
          <button
            type="button"
            class="secondary"
            onClick={() =>
              open((close) => <SeekDialog {...{ topic, group, close, again }} lag={data.lag} />)
            }
          >
            Seek…
          </button>
        </div>
      )}
      {dialog}
      <Tiles
        tiles={[
          { title: 'Lag', value: number(data.lag) },
          { title: 'Pending', value: number(data.pending) },
          { title: 'Delayed', value: number(data.delayed) },
          { title: 'Dead', value: number(data.dead), tone: data.dead ? 'danger' : undefined },
          { title: 'Consumers', value: number(data.consumers) },
        ]}
      />
      <section aria-labelledby="owners">
        <h2 id="owners">Partitions and their consumers</h2>
        <Table
          caption="Consumers by partition"
          rows={[...data.owners].sort((a, b) => a.partition - b.partition)}
          keyOf={({ partition, consumer }) => `${partition} ${consumer}`}
          empty="Nobody consumes for this group."
          columns={[
            { title: 'Partition', cell: ({ partition }) => partition },
            ...consumerColumns<GroupDetail['owners'][number]>(Date.now()),
          ]}
        />
      </section>
      <section>
        <h2>Since it was created</h2>
        <Facts facts={Object.entries(data.total).map(([name, value]) => [name, number(value)])} />
      </section>
      {data.dead > 0 && <DeadRecords {...{ topic, group, query, rights }} count={data.dead} />}
    </>
  );
}

interface SeekProps {
  topic: string;
  group: string;
  lag: number;
  close(): void;
  again(): void;
}

function SeekDialog({ topic, group, lag, close, again }: SeekProps) {
  const [to, setTo] = useState('latest');
  const [at, setAt] = useState('');
  const act = async () => {
    const place = to === 'time' ? new Date(at).toISOString() : to;
    await change('POST', ['topics', topic, 'groups', group, 'seek'], { to: place, confirm: group });
    again();
  };
  return (
    <Dialog
      title={`Move ${group}`}
      action="Set the position"
      isDangerous
      typed={group}
      act={act}
      close={close}
    >
      <p>
        The group is <strong>{number(lag)}</strong> records behind. Records before the new position
        are not delivered to it; those after it are delivered again.
      </p>
      <Choice
        label="To"
        value={to}
        change={setTo}
        options={[
          ['latest', 'the end: skip what waits'],
          ['beginning', 'the beginning: deliver all again'],
          ['time', 'a time'],
        ]}
      />
      {to === 'time' && <Field label="Time" type="datetime-local" value={at} change={setAt} />}
    </Dialog>
  );
}
