import { useContext } from 'preact/hooks';
import { apiAddress, change, useLive } from '../api.js';
import { ago, counted, duration, number, rate } from '../format.js';
import { Chart, type Line } from '../parts/chart.js';
import { useDialog } from '../parts/dialog.js';
import { Loading } from '../parts/problem.js';
import { Table } from '../parts/table.js';
import { Facts, Tiles } from '../parts/tiles.js';
import { setQuery } from '../router.js';
import { allows } from '../session.js';
import type { Key, Limits, QueueDetail, Rate, Role, SeriesPoint } from '../types.js';
import {
  DestroyDialog,
  LimitsDialog,
  PauseDialog,
  PurgeDialog,
  SendDialog,
} from './queue-dialogs.js';
import { QueueContext } from './queue-frame.js';

const ranges: Record<string, { title: string; by: 'minute' | 'hour'; ms: number }> = {
  hour: { title: 'Last hour', by: 'minute', ms: 3_600_000 },
  hours: { title: 'Last 6 hours', by: 'minute', ms: 6 * 3_600_000 },
  days: { title: 'Last 48 hours', by: 'minute', ms: 48 * 3_600_000 },
  month: { title: 'Last 30 days', by: 'hour', ms: 30 * 86_400_000 },
  quarter: { title: 'Last 90 days', by: 'hour', ms: 90 * 86_400_000 },
};

interface Props {
  queue: string;
  query: URLSearchParams;
  rights: Role;
}

export function QueueScreen({ queue, query, rights }: Props) {
  const detail = useContext(QueueContext);
  if (!detail) return null;
  return (
    <>
      <Actions detail={detail} rights={rights} />
      <Numbers detail={detail} />
      {isUnknown(detail) && (
        <p class="note">
          Nothing is known of a queue of this name: nothing is in it, nothing was settled, and
          nobody consumes it.
        </p>
      )}
      <History queue={queue} range={query.get('range') ?? 'hour'} />
      {detail.partitions && <PartitionsSection partitions={detail.partitions} />}
      <div class="columns">
        <LimitsSection detail={detail} />
        <section aria-labelledby="totals">
          <h2 id="totals">Since it was created</h2>
          <Facts
            facts={Object.entries(detail.total).map(([name, value]) => [name, number(value)])}
          />
        </section>
        {detail.byPriority && <Priorities counts={detail.byPriority} />}
      </div>
      <Keys queue={queue} by={query.get('keys') ?? 'pending'} rights={rights} />
    </>
  );
}

/** As for a name that is not quite right. */
function isUnknown({ pending, active, delayed, dead, consumers, schedules, total }: QueueDetail) {
  const counts = [pending, active, delayed, dead, consumers, schedules, ...Object.values(total)];
  return counts.every((count) => count === 0);
}

function Actions({ detail, rights }: { detail: QueueDetail; rights: Role }) {
  const [dialog, open] = useDialog();
  if (!allows(rights, 'operate')) return null;
  return (
    <div class="buttons actions">
      {detail.paused ? (
        <button type="button" onClick={() => change('POST', ['queues', detail.name, 'resume'])}>
          Resume
        </button>
      ) : (
        <button
          type="button"
          class="secondary"
          onClick={() => open((close) => <PauseDialog queue={detail.name} close={close} />)}
        >
          Pause…
        </button>
      )}
      <button
        type="button"
        class="secondary"
        onClick={() => open((close) => <LimitsDialog detail={detail} close={close} />)}
      >
        Limits…
      </button>
      <button
        type="button"
        class="secondary"
        onClick={() => open((close) => <SendDialog queue={detail.name} close={close} />)}
      >
        Send a message…
      </button>
      {allows(rights, 'destroy') && (
        <>
          <button
            type="button"
            class="dangerous outline"
            onClick={() => open((close) => <PurgeDialog detail={detail} close={close} />)}
          >
            Purge…
          </button>
          <button
            type="button"
            class="dangerous outline"
            onClick={() => open((close) => <DestroyDialog detail={detail} close={close} />)}
          >
            Destroy…
          </button>
        </>
      )}
      {dialog}
    </div>
  );
}

function Numbers({ detail }: { detail: QueueDetail }) {
  return (
    <Tiles
      tiles={[
        { title: 'Pending', value: number(detail.pending) },
        { title: 'Active', value: number(detail.active) },
        { title: 'Delayed', value: number(detail.delayed) },
        { title: 'Dead', value: number(detail.dead), tone: detail.dead ? 'danger' : undefined },
        { title: 'Oldest', value: duration(detail.ageMs) },
        {
          title: 'Consumers',
          value: number(detail.consumers),
          tone: detail.consumers === 0 && detail.pending > 0 ? 'danger' : undefined,
        },
        ...(detail.outbox.pending > 0
          ? [{ title: 'Outbox', value: number(detail.outbox.pending) }]
          : []),
      ]}
    />
  );
}

function History({ queue, range }: { queue: string; range: string }) {
  const { by, ms } = ranges[range] ?? (ranges.hour as (typeof ranges)[string]);
  // To the minute, so that the address stays the same while it is drawn again.
  const from = new Date(Math.floor((Date.now() - ms) / 60_000) * 60_000).toISOString();
  const url = apiAddress(['queues', queue, 'series'], { by, from });
  const { data, problem } = useLive<{ points: SeriesPoint[] }>(url);
  return (
    <section aria-labelledby="history">
      <div class="bar">
        <h2 id="history">What was settled</h2>
        <select
          aria-label="Time range"
          value={range}
          onChange={({ currentTarget }) => setQuery({ range: currentTarget.value })}
        >
          {Object.entries(ranges).map(([name, { title }]) => (
            <option key={name} value={name} selected={name === range}>
              {title}
            </option>
          ))}
        </select>
      </div>
      {data ? <Charts points={ended(data.points, by)} per={by} /> : <Loading problem={problem} />}
    </section>
  );
}

/** Without the minute or the hour that goes on: it would look as if messages stopped. */
function ended(points: SeriesPoint[], by: 'minute' | 'hour'): SeriesPoint[] {
  const length = by === 'minute' ? 60_000 : 3_600_000;
  return points.filter(({ at }) => Date.parse(at) + length <= Date.now());
}

function Charts({ points, per }: { points: SeriesPoint[]; per: 'minute' | 'hour' }) {
  const times = points.map(({ at }) => Date.parse(at) / 1000);
  const line = (
    name: string,
    colour: string,
    value: (point: SeriesPoint) => number | undefined,
  ): Line => ({ name, colour, values: points.map((point) => value(point) ?? null) });
  return (
    <div class="charts">
      <Chart
        title={`Messages per ${per}`}
        per={per}
        times={times}
        text={rate}
        lines={[
          line('acked', '--good', ({ acked }) => acked),
          line('retried', '--warning', ({ retried }) => retried),
          line('dead', '--danger', ({ dead }) => dead),
        ]}
      />
      <Chart
        title="Wait, from send to start"
        per={per}
        times={times}
        text={duration}
        lines={[
          line('median', '--good', ({ wait }) => wait.p50Ms),
          line('99 %', '--warning', ({ wait }) => wait.p99Ms),
        ]}
      />
      <Chart
        title="Run, how long handlers had it"
        per={per}
        times={times}
        text={duration}
        lines={[
          line('median', '--good', ({ run }) => run.p50Ms),
          line('99 %', '--warning', ({ run }) => run.p99Ms),
        ]}
      />
    </div>
  );
}

function PartitionsSection({ partitions }: { partitions: NonNullable<QueueDetail['partitions']> }) {
  const { count, isMoving, lists } = partitions;
  return (
    <section aria-labelledby="partitions">
      <h2 id="partitions">{counted(count, 'partition')}</h2>
      {isMoving && (
        <p class="note">
          Their number has changed: messages of keys may still go from one to another.
        </p>
      )}
      <Table
        caption="Messages by list"
        rows={lists}
        keyOf={({ list }) => list}
        empty="There is no list."
        columns={[
          { title: 'List', cell: ({ list }) => <code>{list}</code> },
          { title: 'Pending', isNumber: true, cell: ({ pending }) => number(pending) },
          { title: 'Active', isNumber: true, cell: ({ active }) => number(active) },
          { title: 'Delayed', isNumber: true, cell: ({ delayed }) => number(delayed) },
          {
            title: 'Dead',
            isNumber: true,
            cell: ({ dead }) => (dead ? <span class="dead">{number(dead)}</span> : '0'),
          },
        ]}
      />
    </section>
  );
}

const rateText = ({ max, perMs, burst }: Rate) =>
  `${number(max)} per ${duration(perMs)}${burst ? `, burst ${number(burst)}` : ''}`;

function LimitsSection({ detail }: { detail: QueueDetail }) {
  const { limits, limitedUntil } = detail;
  const facts: [string, string][] = limitFacts(limits);
  return (
    <section aria-labelledby="limits">
      <h2 id="limits">Limits</h2>
      {limitedUntil && (
        <p class="note warning">A handler has asked to wait: until {ago(limitedUntil)}</p>
      )}
      {facts.length === 0 ? <p class="quiet">None.</p> : <Facts facts={facts} />}
      {detail.deadLetters.maxLength !== undefined && (
        <p class="quiet">
          Keeps {number(detail.deadLetters.maxLength)} dead letters
          {detail.deadLetters.maxAgeMs !== undefined &&
            `, for ${duration(detail.deadLetters.maxAgeMs)}`}
          .
        </p>
      )}
    </section>
  );
}

function known(value: number | undefined, text: (value: number) => string): string | undefined {
  return value === undefined ? undefined : text(value);
}

function limitFacts(limits: Limits): [string, string][] {
  const facts: [string, string | undefined][] = [
    ['Rate', limits.rate && rateText(limits.rate)],
    ['Concurrency', known(limits.concurrency, number)],
    ['Concurrency of a key', known(limits.keyConcurrency, number)],
    ['Rate of a key', limits.keyRate && rateText(limits.keyRate)],
    ['Messages of a key', known(limits.keyMaxLength, number)],
    ['Ageing', known(limits.agingMs, duration)],
    ['Weights', limits.keyWeights && counted(Object.keys(limits.keyWeights).length, 'key')],
  ];
  return facts.filter((fact): fact is [string, string] => Boolean(fact[1]));
}

function Priorities({ counts }: { counts: number[] }) {
  const rows = counts.map((pending, priority) => ({ priority, pending })).reverse();
  return (
    <section aria-labelledby="priorities">
      <h2 id="priorities">By priority</h2>
      <Facts
        facts={rows.map(({ priority, pending }) => [`Priority ${priority}`, number(pending)])}
      />
    </section>
  );
}

function Keys({ queue, by, rights }: { queue: string; by: string; rights: Role }) {
  const { data, again } = useLive<{ keys: Key[] }>(apiAddress(['queues', queue, 'keys'], { by }));
  if (!data) return null;
  if (data.keys.length === 0) {
    return by === 'time' ? null : <Keys queue={queue} by="time" rights={rights} />;
  }
  const toggle = async (key: string, isPaused: boolean) => {
    await change('POST', ['queues', queue, 'keys', key, isPaused ? 'resume' : 'pause']);
    again();
  };
  return (
    <section aria-labelledby="keys">
      <div class="bar">
        <h2 id="keys">Keys</h2>
        <select
          aria-label="Order of the keys"
          value={by}
          onChange={({ currentTarget }) => setQuery({ keys: currentTarget.value })}
        >
          <option value="pending" selected={by === 'pending'}>
            most messages
          </option>
          <option value="age" selected={by === 'age'}>
            longest wait
          </option>
          <option value="time" selected={by === 'time'}>
            most handler time
          </option>
        </select>
      </div>
      <Table
        caption={
          by === 'time'
            ? 'Keys that handlers had for longest, in this hour and the one before'
            : 'Keys whose messages wait'
        }
        rows={data.keys}
        keyOf={({ key = '' }) => key}
        empty=""
        columns={[
          {
            title: 'Key',
            cell: ({ key, isPaused }) => (
              <>
                {key ?? <span class="quiet">no key</span>}{' '}
                {isPaused && <span class="badge warning">paused</span>}
              </>
            ),
          },
          { title: 'Pending', isNumber: true, cell: ({ pending }) => number(pending) },
          { title: 'Active', isNumber: true, cell: ({ active }) => number(active) },
          { title: 'Waits since', cell: ({ waitsSince }) => ago(waitsSince) },
          { title: 'Not before', cell: ({ notBefore }) => ago(notBefore) },
          {
            title: 'Handler time',
            isNumber: true,
            cell: ({ handlerMs }) => (handlerMs > 0 ? duration(handlerMs) : ''),
          },
          {
            title: '',
            cell: ({ key, isPaused }) =>
              key !== undefined &&
              allows(rights, 'operate') && (
                <button
                  type="button"
                  class="secondary outline small"
                  onClick={() => toggle(key, isPaused)}
                >
                  {isPaused ? 'Resume' : 'Pause'}
                </button>
              ),
          },
        ]}
      />
    </section>
  );
}
