import { apiAddress, useLive } from '../api.js';
import { ago, number, time } from '../format.js';
import { Loaded } from '../parts/problem.js';
import { Search } from '../parts/search.js';
import { type Column, Table } from '../parts/table.js';
import { Link } from '../router.js';
import type { Flow } from '../types.js';

interface Props {
  /** The queue that they continue in; undefined for all. */
  queue?: string;
  query: URLSearchParams;
}

interface Flows {
  at: string;
  flows: Flow[];
  found: number;
  read: number;
}

/** Flows that are not over, of one queue or of all. */
export function FlowsScreen({ queue, query }: Props) {
  const search = query.get('search') ?? '';
  const read = useLive<Flows>(apiAddress(['flows'], { queue, search }));
  return (
    <>
      <div class="bar">
        {queue === undefined && <h1>Flows</h1>}
        <Search label="Search flows" name="search" value={search} />
      </div>
      <Loaded {...read}>
        {(data) => (
          <>
            <Table
              caption="Flows that are not over"
              rows={data.flows}
              keyOf={(flow) => `${flow.queue} ${flow.id}`}
              empty={search ? 'No flow is like that.' : 'All flows are over, or there are none.'}
              isUrgent={({ dead }) => dead > 0}
              columns={columnsOf(queue === undefined, Date.parse(data.at))}
            />
            {data.found > data.flows.length && (
              <p class="quiet">
                {number(data.flows.length)} of {number(data.found)} flows
                {data.read < data.found && `; ${number(data.read)} were searched`}
              </p>
            )}
          </>
        )}
      </Loaded>
    </>
  );
}

function columnsOf(hasQueue: boolean, now: number): Column<Flow>[] {
  return [
    {
      title: 'Flow',
      cell: ({ queue, id, state }) => (
        <span class="named">
          <Link to={['queues', queue, 'flows', id]}>{id}</Link>
          <FlowState state={state} />
        </span>
      ),
    },
    ...(hasQueue
      ? [
          {
            title: 'Continues in',
            cell: ({ queue }: Flow) => <Link to={['queues', queue, 'flows']}>{queue}</Link>,
          },
        ]
      : []),
    { title: 'Ended', cell: (flow) => <FlowProgress flow={flow} /> },
    { title: 'Pending', isNumber: true, cell: ({ pending }) => number(pending) },
    { title: 'Done', isNumber: true, cell: ({ done }) => number(done) },
    {
      title: 'Dead',
      isNumber: true,
      cell: ({ dead }) => (dead ? <span class="dead">{number(dead)}</span> : '0'),
    },
    { title: 'Expired', isNumber: true, cell: ({ expired }) => number(expired) },
    { title: 'Cancelled', isNumber: true, cell: ({ cancelled }) => number(cancelled) },
    {
      title: 'Opened',
      cell: ({ openedAt }) => <span title={time(openedAt)}>{ago(openedAt, now)}</span>,
    },
  ];
}

/** Whether more members may come, with what that means. */
export function FlowState({ state, over }: Pick<Flow, 'state' | 'over'>) {
  if (over !== undefined && over !== 'closed') return <span class="badge warning">{over}</span>;
  if (state === 'over') return <span class="badge good">over</span>;
  const title =
    state === 'open' ? 'More members may be sent' : 'It continues when its members have ended';
  return (
    <span class="badge" title={title}>
      {state}
    </span>
  );
}

/** How many of the members have ended so far. */
export function FlowProgress({ flow }: { flow: Flow }) {
  const { pending, done, dead, expired, cancelled } = flow;
  const ended = done + dead + expired + cancelled;
  const all = ended + pending;
  if (all === 0) return <span class="quiet">no members</span>;
  const text = `${number(ended)} of ${number(all)} members have ended`;
  return <progress class="share" value={ended} max={all} aria-label={text} title={text} />;
}
