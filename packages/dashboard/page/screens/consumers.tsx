import { apiAddress, useLive } from '../api.js';
import { ago, counted, duration, number, time } from '../format.js';
import { Loaded } from '../parts/problem.js';
import { Search } from '../parts/search.js';
import { type Column, Table } from '../parts/table.js';
import { Link } from '../router.js';
import type { Consumer, QueueConsumer } from '../types.js';
import { consumerPauseColumn } from './consumer-pause.js';

interface Consumers {
  at: string;
  consumers: QueueConsumer[];
  found: number;
  queues: number;
  asked: number;
}

/** What a consumer of a queue or of a group is, without what it consumes. */
export function consumerColumns<Its extends Omit<Consumer, 'queue'>>(now: number): Column<Its>[] {
  return [
    {
      title: 'Host',
      cell: ({ host, paused }) => (
        <span class="named">
          {host ?? '–'}
          {paused && (
            <span class="badge warning" title={pauseText(paused)}>
              paused
            </span>
          )}
        </span>
      ),
    },
    { title: 'Pid', isNumber: true, cell: ({ pid }) => pid ?? '–' },
    {
      title: 'Runs',
      cell: ({ runs, handler }) => (runs ? `${runs}()${handler ? ` ${handler}` : ''}` : '–'),
    },
    {
      title: 'Holds',
      isNumber: true,
      cell: ({ held, concurrency }) =>
        concurrency ? `${number(held)} / ${number(concurrency)}` : number(held),
    },
    {
      title: 'Busy for',
      isNumber: true,
      cell: ({ runningSince }) => (
        <span title="The message that it has had for longest, as of its last heartbeat">
          {runningSince ? duration(Math.max(0, now - Date.parse(runningSince))) : '–'}
        </span>
      ),
    },
    {
      title: 'Started',
      cell: ({ startedAt }) => <span title={time(startedAt)}>{ago(startedAt, now)}</span>,
    },
    {
      title: 'Lease',
      cell: ({ leaseEndsAt }) =>
        Date.parse(leaseEndsAt) < now ? (
          <span class="badge danger" title="Its messages are recovered by others">
            ended {ago(leaseEndsAt, now)}
          </span>
        ) : (
          `ends ${ago(leaseEndsAt, now)}`
        ),
    },
    { title: 'Version', cell: ({ version, node }) => (version ? `${version}, Node ${node}` : '–') },
  ];
}

function pauseText({ since, reason }: NonNullable<Consumer['paused']>): string {
  return `Since ${time(since)}${reason ? `: ${reason}` : ''}`;
}

/** The consumers of all queues. */
export function ConsumersScreen({ query }: { query: URLSearchParams }) {
  const search = query.get('search') ?? '';
  const read = useLive<Consumers>(apiAddress(['consumers'], { search }));
  return (
    <>
      <div class="bar">
        <h1>Consumers</h1>
        <Search label="Search queue, host, pid, version or handler" name="search" value={search} />
      </div>
      <Loaded {...read}>
        {(data) => (
          <>
            <Table
              caption="Consumers"
              rows={data.consumers}
              keyOf={({ queue, consumer }) => `${queue} ${consumer}`}
              empty={search ? 'No consumer is like that.' : 'No queue has a consumer.'}
              columns={[
                {
                  title: 'Queue',
                  cell: ({ queue }) => <Link to={['queues', queue, 'consumers']}>{queue}</Link>,
                },
                ...consumerColumns<QueueConsumer>(Date.parse(data.at)),
                consumerPauseColumn,
              ]}
            />
            <p class="quiet">
              {number(data.consumers.length)} of {counted(data.found, 'consumer')} of{' '}
              {counted(data.queues, 'queue')}
              {data.asked < data.queues && `; ${counted(data.asked, 'queue')} were asked`}
            </p>
          </>
        )}
      </Loaded>
    </>
  );
}
