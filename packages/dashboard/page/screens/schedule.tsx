import { useState } from 'preact/hooks';
import { apiAddress, change, type Problem, problemOf, useLive } from '../api.js';
import { ago, duration, number, time, timeIn } from '../format.js';
import { BodyText } from '../parts/body.js';
import { Dialog, useDialog } from '../parts/dialog.js';
import { Loading, ProblemNote } from '../parts/problem.js';
import { Table } from '../parts/table.js';
import { Facts } from '../parts/tiles.js';
import { address, go, Link } from '../router.js';
import { allows } from '../session.js';
import type { Role, Schedule } from '../types.js';
import { ScheduleDialog, timing } from './schedules.js';

interface Props {
  queue: string;
  name: string;
  rights: Role;
}

/** One schedule, and its next ticks. */
export function ScheduleScreen({ queue, name, rights }: Props) {
  const path = ['queues', queue, 'schedules', name];
  const { data, problem, again } = useLive<{ schedule: Schedule; next: string[] }>(
    apiAddress(path),
  );
  return (
    <>
      <p class="back">
        <Link to={['queues', queue, 'schedules']}>← all schedules</Link>
      </p>
      {data ? (
        <>
          <div class="bar title">
            <h2>{name}</h2>
            {data.schedule.isPaused && <span class="badge warning">paused</span>}
            {data.schedule.isOverdue && <span class="badge danger">missed</span>}
          </div>
          <ProblemNote problem={problem} />
          {data.schedule.isOverdue && (
            <p class="note danger">
              The tick of {time(data.schedule.next)} was not sent: this queue has no consumer and no
              scheduler.
            </p>
          )}
          <Actions schedule={data.schedule} rights={rights} again={again} />
          <ScheduleFacts schedule={data.schedule} />
          <NextTicks schedule={data.schedule} next={data.next} />
          <section>
            <h3>Body of each message</h3>
            <BodyText body={data.schedule.body} />
          </section>
        </>
      ) : (
        <Loading problem={problem} />
      )}
    </>
  );
}

function Actions({ schedule, rights, again }: { schedule: Schedule; rights: Role; again(): void }) {
  const [dialog, open] = useDialog();
  const [problem, setProblem] = useState<Problem>();
  const [sent, setSent] = useState<string>();
  const { queue, name } = schedule;
  const path = ['queues', queue, 'schedules', name];
  const act = (action: string) =>
    change<{ id?: string }>('POST', [...path, action]).then(
      ({ id }) => {
        setProblem(undefined);
        setSent(action === 'run' ? (id ?? '') : undefined);
        again();
      },
      (error) => setProblem(problemOf(error)),
    );
  if (!allows(rights, 'operate')) return null;
  return (
    <>
      <div class="buttons actions">
        <button type="button" onClick={() => act('run')}>
          Run now
        </button>
        <button
          type="button"
          class="secondary"
          onClick={() => act(schedule.isPaused ? 'resume' : 'pause')}
        >
          {schedule.isPaused ? 'Resume' : 'Pause'}
        </button>
        <button
          type="button"
          class="secondary"
          onClick={() => open((close) => <ScheduleDialog {...{ queue, schedule, close, again }} />)}
        >
          Edit…
        </button>
        {allows(rights, 'destroy') && (
          <button
            type="button"
            class="dangerous outline"
            onClick={() => open((close) => <RemoveDialog {...{ queue, name, close }} />)}
          >
            Remove…
          </button>
        )}
      </div>
      {dialog}
      <ProblemNote problem={problem} />
      {sent && (
        <p class="note" role="status">
          Sent as <Link to={['queues', queue, 'messages', sent]}>{sent}</Link>
        </p>
      )}
      {sent === '' && (
        <p class="note" role="status">
          Nothing was sent: an earlier message is not done.
        </p>
      )}
    </>
  );
}

function RemoveDialog({ queue, name, close }: { queue: string; name: string; close(): void }) {
  const act = async () => {
    await change('POST', ['queues', queue, 'schedules', name, 'remove'], { confirm: name });
    go(address(['queues', queue, 'schedules']));
  };
  return (
    <Dialog
      title={`Remove ${name}`}
      action="Remove"
      isDangerous
      typed={name}
      act={act}
      close={close}
    >
      <p>It has no more ticks. Messages that it has sent stay.</p>
    </Dialog>
  );
}

const missedWords: Record<string, string> = {
  skip: 'send nothing',
  one: 'send one message',
  all: 'send all messages',
};

function ScheduleFacts({ schedule }: { schedule: Schedule }) {
  return (
    <Facts
      facts={[
        ['When', <code key="when">{timing(schedule)}</code>],
        ['Ticks so far', number(schedule.ticks)],
        ['Last tick', schedule.last && `${time(schedule.last)} (${ago(schedule.last)})`],
        ['From', schedule.from && time(schedule.from)],
        ['Until', schedule.until && time(schedule.until)],
        ['At most', schedule.limit === undefined ? undefined : `${number(schedule.limit)} ticks`],
        ['Missed ticks', missedWords[schedule.missed]],
        [
          'Overlap',
          schedule.overlap === 'skip' ? 'skipped while an earlier one is not done' : 'allowed',
        ],
        ['Jitter', schedule.jitterMs ? duration(schedule.jitterMs) : undefined],
      ]}
    />
  );
}

function NextTicks({ schedule, next }: { schedule: Schedule; next: string[] }) {
  const { timeZone, isPaused } = schedule;
  return (
    <section>
      <h3>{isPaused ? 'Next ticks, if it were not paused' : 'Next ticks'}</h3>
      <Table
        caption="Next ticks"
        rows={next.slice(0, 10)}
        keyOf={(at) => at}
        empty="It has ended."
        columns={[
          { title: 'Here', cell: (at) => time(at) },
          ...(timeZone === undefined
            ? []
            : [{ title: timeZone, cell: (at: string) => timeIn(at, timeZone) }]),
          { title: 'In', cell: (at) => ago(at).replace(/^in /, '') },
        ]}
      />
    </section>
  );
}
