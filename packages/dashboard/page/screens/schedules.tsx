import { useState } from 'preact/hooks';
import { apiAddress, change, useLive } from '../api.js';
import { ago, duration, number, time } from '../format.js';
import { Dialog, useDialog } from '../parts/dialog.js';
import { Area, Choice, Field } from '../parts/fields.js';
import { Loaded } from '../parts/problem.js';
import { Search } from '../parts/search.js';
import { type Column, Table } from '../parts/table.js';
import { address, go, Link } from '../router.js';
import { allows } from '../session.js';
import type { Role, Schedule } from '../types.js';

interface Props {
  /** Undefined for all queues. */
  queue?: string;
  query: URLSearchParams;
  rights?: Role;
}

/** Schedules of one queue, or of all. */
export function SchedulesScreen({ queue, query, rights }: Props) {
  const search = query.get('search') ?? '';
  const url = apiAddress(['schedules'], { queue, search });
  const read = useLive<{ schedules: Schedule[]; found: number }>(url);
  const [dialog, open] = useDialog();
  return (
    <>
      <div class="bar">
        {queue === undefined && <h1>Schedules</h1>}
        <Search label="Search schedules" name="search" value={search} />
        {queue !== undefined && allows(rights, 'operate') && (
          <button
            type="button"
            class="secondary"
            onClick={() => open((close) => <ScheduleDialog queue={queue} close={close} />)}
          >
            New schedule…
          </button>
        )}
      </div>
      {dialog}
      <Loaded {...read}>
        {(data) => (
          <>
            <Table
              caption="Schedules"
              rows={data.schedules}
              keyOf={(schedule) => `${schedule.queue} ${schedule.name}`}
              empty={search ? 'No schedule is like that.' : 'There are no schedules.'}
              columns={columnsOf(queue === undefined)}
            />
            {data.found > data.schedules.length && (
              <p class="quiet">
                {number(data.schedules.length)} of {number(data.found)}
              </p>
            )}
          </>
        )}
      </Loaded>
    </>
  );
}

export function timing({ cron, everyMs, timeZone }: Schedule): string {
  return cron === undefined ? `every ${duration(everyMs)}` : `${cron} (${timeZone})`;
}

function columnsOf(hasQueue: boolean): Column<Schedule>[] {
  return [
    {
      title: 'Schedule',
      cell: ({ queue, name, isPaused, isOverdue }) => (
        <span class="named">
          <Link to={['queues', queue, 'schedules', name]}>{name}</Link>
          {isPaused && <span class="badge warning">paused</span>}
          {isOverdue && (
            <span
              class="badge danger"
              title="No process sends its messages: it needs a consumer or a scheduler"
            >
              missed
            </span>
          )}
        </span>
      ),
    },
    ...(hasQueue
      ? [
          {
            title: 'Queue',
            cell: ({ queue }: Schedule) => <Link to={['queues', queue, 'schedules']}>{queue}</Link>,
          },
        ]
      : []),
    { title: 'When', cell: (schedule) => <code>{timing(schedule)}</code> },
    { title: 'Next', cell: ({ next }) => <span title={time(next)}>{next ? ago(next) : '–'}</span> },
    { title: 'Last', cell: ({ last }) => <span title={time(last)}>{ago(last)}</span> },
    { title: 'Ticks', isNumber: true, cell: ({ ticks }) => number(ticks) },
  ];
}

interface DialogProps {
  queue: string;
  /** Undefined for a new one. */
  schedule?: Schedule;
  close(): void;
  again?(): void;
}

/** Sets a schedule. */
export function ScheduleDialog({ queue, schedule, close, again }: DialogProps) {
  const [name, setName] = useState(schedule?.name ?? '');
  const [kind, setKind] = useState(schedule?.everyMs === undefined ? 'cron' : 'every');
  const [cron, setCron] = useState(schedule?.cron ?? '0 8 * * *');
  const [zone, setZone] = useState(schedule?.timeZone ?? 'UTC');
  const [seconds, setSeconds] = useState(String((schedule?.everyMs ?? 60_000) / 1000));
  const [missed, setMissed] = useState(schedule?.missed ?? 'one');
  const [overlap, setOverlap] = useState(schedule?.overlap ?? 'allow');
  const [text, setText] = useState(schedule?.body.text ?? '{}');
  const format = schedule?.body.format ?? 'json';
  const mayEdit =
    !schedule || (!schedule.body.isCut && !schedule.body.isRedacted && format !== 'hidden');
  const act = async () => {
    await change('PUT', ['queues', queue, 'schedules', name], {
      ...(kind === 'cron'
        ? { cron, timeZone: zone }
        : { everyMs: Math.round(Number(seconds) * 1000) }),
      missed,
      overlap,
      ...(mayEdit && text !== schedule?.body.text && { body: { text, format } }),
    });
    again?.();
    if (!schedule) go(address(['queues', queue, 'schedules', name]));
  };
  return (
    <Dialog title={schedule ? `Edit ${name}` : 'New schedule'} action="Set" act={act} close={close}>
      {!schedule && <Field label="Name" value={name} change={setName} />}
      <Choice
        label="When"
        value={kind}
        change={setKind}
        options={[
          ['cron', 'a cron pattern'],
          ['every', 'every so many seconds'],
        ]}
      />
      {kind === 'cron' ? (
        <div class="grid">
          <Field label="Cron pattern" value={cron} change={setCron} />
          <Field label="Time zone" value={zone} change={setZone} />
        </div>
      ) : (
        <Field label="Seconds" type="number" min={0} value={seconds} change={setSeconds} />
      )}
      <div class="grid">
        <Choice
          label="Missed ticks"
          value={missed}
          change={setMissed}
          options={[
            ['skip', 'send nothing'],
            ['one', 'send one message'],
            ['all', 'send all messages'],
          ]}
        />
        <Choice
          label="While an earlier one is not done"
          value={overlap}
          change={setOverlap}
          options={[
            ['allow', 'send'],
            ['skip', 'send nothing'],
          ]}
        />
      </div>
      {mayEdit && <Area label={`Body (${format})`} value={text} change={setText} rows={5} />}
    </Dialog>
  );
}
