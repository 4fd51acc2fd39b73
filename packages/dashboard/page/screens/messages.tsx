import { useState } from 'preact/hooks';
import { apiAddress, useLive } from '../api.js';
import { ago, duration, number, time } from '../format.js';
import { Preview } from '../parts/body.js';
import { Tabs } from '../parts/fields.js';
import { Loading, ProblemNote } from '../parts/problem.js';
import { type Column, Table } from '../parts/table.js';
import { address, go, Link, setQuery } from '../router.js';
import type { HistoryRecord, Message } from '../types.js';

interface Props {
  queue: string;
  query: URLSearchParams;
}

const states = ['pending', 'active', 'delayed', 'settled'] as const;
const sizes = ['25', '50', '100'];

/** Messages of a queue, by their state. */
export function MessagesScreen({ queue, query }: Props) {
  const state = query.get('state') ?? 'pending';
  const limit = query.get('limit') ?? '25';
  return (
    <>
      <FindForm queue={queue} />
      <div class="bar">
        <Tabs label="States">
          {states.map((each) => (
            <Link
              key={each}
              to={['queues', queue, 'messages']}
              query={{ state: each, limit: query.get('limit') ?? undefined }}
              isCurrent={each === state}
            >
              {each}
            </Link>
          ))}
        </Tabs>
        <select
          aria-label="How many"
          value={limit}
          onChange={({ currentTarget }) => setQuery({ limit: currentTarget.value })}
        >
          {sizes.map((size) => (
            <option key={size} value={size} selected={size === limit}>
              {size} at most
            </option>
          ))}
        </select>
      </div>
      {state === 'settled' ? (
        <Settled queue={queue} outcome={query.get('outcome') ?? ''} limit={limit} />
      ) : (
        <Waiting key={state} queue={queue} state={state} limit={limit} />
      )}
    </>
  );
}

/** Leads to one message by its id. */
function FindForm({ queue }: { queue: string }) {
  const [id, setId] = useState('');
  const find = (event: Event) => {
    event.preventDefault();
    if (id.trim()) go(address(['queues', queue, 'messages', id.trim()]));
  };
  return (
    <form class="bar" onSubmit={find}>
      <input
        type="search"
        class="search"
        data-search
        aria-label="Id of a message"
        placeholder="Id of a message"
        value={id}
        onInput={({ currentTarget }) => setId(currentTarget.value)}
      />
      <button type="submit" class="secondary">
        Find
      </button>
    </form>
  );
}

function Waiting({ queue, state, limit }: { queue: string; state: string; limit: string }) {
  const url = apiAddress(['queues', queue, 'messages'], { state, limit });
  const { data, problem } = useLive<{ messages: Message[] }>(url);
  if (!data) return <Loading problem={problem} />;
  const rows = data.messages.map((message, at) => ({ ...message, at }));
  return (
    <>
      <ProblemNote problem={problem} />
      <Table
        caption={`Messages that are ${state}`}
        columns={columnsOf(queue, state)}
        rows={rows}
        keyOf={({ id, at }) => id ?? String(at)}
        empty={`No message is ${state}.`}
      />
      {state === 'pending' && rows.length > 0 && (
        <p class="quiet">
          The next ones to be delivered come first; of each key only the next one is listed.
        </p>
      )}
    </>
  );
}

function columnsOf(queue: string, state: string): Column<Message & { at: number }>[] {
  return [
    {
      title: 'Id',
      cell: ({ id }) =>
        id === undefined ? (
          <span class="quiet" title="A bare payload has no id until it is delivered">
            none yet
          </span>
        ) : (
          <Link to={['queues', queue, 'messages', id]}>{id}</Link>
        ),
    },
    { title: 'Body', cell: ({ body }) => <Preview body={body} /> },
    { title: 'Key', cell: ({ key }) => key ?? '–' },
    { title: 'Sent', cell: ({ sentAt }) => <span title={time(sentAt)}>{ago(sentAt)}</span> },
    { title: 'Earlier deliveries', isNumber: true, cell: ({ attempt }) => number(attempt) },
    ...(state === 'delayed'
      ? [
          {
            title: 'Due',
            cell: ({ dueAt }: Message) => <span title={time(dueAt)}>{ago(dueAt)}</span>,
          },
        ]
      : []),
    ...(state === 'active'
      ? [{ title: 'Consumer', cell: ({ consumer }: Message) => consumer ?? '–' }]
      : []),
    ...(state === 'pending'
      ? [{ title: 'Priority', isNumber: true, cell: ({ priority }: Message) => priority }]
      : []),
  ];
}

const outcomes = ['acked', 'retried', 'dead', 'expired', 'cancelled'];

function Settled({ queue, outcome, limit }: { queue: string; outcome: string; limit: string }) {
  const { data, problem } = useLive<{ records: HistoryRecord[] }>(
    apiAddress(['queues', queue, 'history'], { outcome, limit }),
  );
  if (!data) return <Loading problem={problem} />;
  return (
    <>
      <div class="bar">
        <select
          aria-label="Outcome"
          value={outcome}
          onChange={({ currentTarget }) => setQuery({ outcome: currentTarget.value })}
        >
          <option value="" selected={outcome === ''}>
            all outcomes
          </option>
          {outcomes.map((each) => (
            <option key={each} value={each} selected={each === outcome}>
              {each}
            </option>
          ))}
        </select>
      </div>
      <Table
        caption="What was settled last"
        rows={data.records}
        keyOf={({ id, at, attempts }) => `${id} ${at} ${attempts}`}
        columns={recordColumns(queue)}
        empty="Nothing is recorded. A queue remembers what it has settled if it is made with the option history."
      />
    </>
  );
}

export function recordColumns(queue: string): Column<HistoryRecord>[] {
  return [
    { title: 'Id', cell: ({ id }) => <Link to={['queues', queue, 'messages', id]}>{id}</Link> },
    {
      title: 'Outcome',
      cell: ({ outcome }) => <span class={`badge ${toneOf(outcome)}`}>{outcome}</span>,
    },
    { title: 'At', cell: ({ at }) => time(at) },
    { title: 'Attempt', isNumber: true, cell: ({ attempts }) => number(attempts) },
    { title: 'Waited', isNumber: true, cell: ({ waitMs }) => duration(waitMs) },
    { title: 'Ran', isNumber: true, cell: ({ runMs }) => duration(runMs) },
    { title: 'Consumer', cell: ({ consumer }) => consumer },
    {
      title: 'Error',
      cell: ({ error, fingerprint }) =>
        error ? (
          <span class="cut">
            <Link to={['queues', queue, 'dead-letters']} query={{ fingerprint }}>
              {error}
            </Link>
          </span>
        ) : (
          '–'
        ),
    },
  ];
}

function toneOf(outcome: string): string {
  if (outcome === 'dead') return 'danger';
  return outcome === 'acked' ? 'good' : 'warning';
}
