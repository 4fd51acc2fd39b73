import { useState } from 'preact/hooks';
import { apiAddress, change, useLive, useRead } from '../api.js';
import { ago, number } from '../format.js';
import { Preview } from '../parts/body.js';
import { Dialog, useDialog } from '../parts/dialog.js';
import { Choice, Field } from '../parts/fields.js';
import { Loading, ProblemNote } from '../parts/problem.js';
import { Table } from '../parts/table.js';
import { Facts, Tiles } from '../parts/tiles.js';
import { Link, setQuery } from '../router.js';
import { allows } from '../session.js';
import type { DeadRecord, GroupDetail, Role, TopicDetail } from '../types.js';
import { consumerColumns } from './consumers.js';

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

interface DeadProps {
  topic: string;
  group: string;
  query: URLSearchParams;
  rights: Role | undefined;
  count: number;
}

function DeadRecords({ topic, group, query, rights, count }: DeadProps) {
  const path = ['topics', topic, 'groups', group, 'dead-letters'];
  const after = query.get('after') ?? undefined;
  const { data, problem, again } = useRead<{ letters: DeadRecord[]; next?: string }>(
    apiAddress(path, { after }),
  );
  const [dialog, open] = useDialog();
  const act = (action: string, body: object) => change('POST', [...path, action], body).then(again);
  if (!data) return <Loading problem={problem} />;
  return (
    <section aria-labelledby="dead">
      <h2 id="dead">{number(count)} dead letters</h2>
      {allows(rights, 'operate') && (
        <div class="buttons actions">
          <button
            type="button"
            onClick={() =>
              open((close) => (
                <Dialog
                  title="Redrive"
                  action={`Deliver ${number(count)} again`}
                  act={() => act('redrive', {})}
                  close={close}
                >
                  <p>
                    <strong>{number(count)}</strong> dead letters are delivered to this group again.
                  </p>
                </Dialog>
              ))
            }
          >
            Redrive all…
          </button>
          {allows(rights, 'destroy') && (
            <button
              type="button"
              class="dangerous outline"
              onClick={() =>
                open((close) => (
                  <Dialog
                    title="Delete dead letters"
                    action={`Delete ${number(count)}`}
                    isDangerous
                    typed={group}
                    act={() => act('delete', { confirm: group })}
                    close={close}
                  >
                    <p>
                      <strong>{number(count)}</strong> dead letters are deleted. This cannot be
                      undone.
                    </p>
                  </Dialog>
                ))
              }
            >
              Delete all…
            </button>
          )}
        </div>
      )}
      {dialog}
      <Table
        caption="Dead letters of this group"
        rows={data.letters}
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
      {data.next && (
        <button
          type="button"
          class="secondary outline"
          onClick={() => setQuery({ after: data.next })}
        >
          Newer ones
        </button>
      )}
    </section>
  );
}
