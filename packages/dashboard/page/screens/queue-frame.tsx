import type { ComponentChildren } from 'preact';
import { createContext } from 'preact';
import { apiAddress, useLive } from '../api.js';
import { number, time } from '../format.js';
import { AttentionBadges } from '../parts/attention.js';
import { Tabs } from '../parts/fields.js';
import { Loading, ProblemNote } from '../parts/problem.js';
import { Link } from '../router.js';
import type { QueueDetail, Role } from '../types.js';

export const QueueContext = createContext<QueueDetail | undefined>(undefined);

interface FrameProps {
  queue: string;
  /** Which of its pages is shown. */
  part: string | undefined;
  children(rights: Role): ComponentChildren;
}

/** What all pages of one queue have: its name, its state, and the way to the others. */
export function QueueFrame({ queue, part, children }: FrameProps) {
  const { data, problem } = useLive<QueueDetail>(apiAddress(['queues', queue]));
  const tab = (path: string | undefined, title: string, count?: number) => (
    <Link to={['queues', queue, ...(path ? [path] : [])]} isCurrent={part === path}>
      {title}
      {count ? <span class="badge">{number(count)}</span> : null}
    </Link>
  );
  return (
    <>
      <div class="bar title">
        <h1>{queue}</h1>
        {data && <AttentionBadges reasons={data.attention} />}
        {data?.paused && !data.attention.includes('paused') && (
          <span class="badge warning">paused</span>
        )}
      </div>
      {data?.paused && (
        <p class="note warning">
          Paused since {time(data.paused.since)}
          {data.paused.until && `, until ${time(data.paused.until)}`}
          {data.paused.reason && `: ${data.paused.reason}`}
        </p>
      )}
      <Tabs label="Pages of this queue">
        {tab(undefined, 'Overview')}
        {tab('messages', 'Messages', data && data.pending + data.active + data.delayed)}
        {tab('dead-letters', 'Dead letters', data?.dead)}
        {tab('consumers', 'Consumers', data?.consumers)}
        {tab('schedules', 'Schedules', data?.schedules)}
        {tab('flows', 'Flows', data?.flows)}
      </Tabs>
      <ProblemNote problem={data && problem} />
      {data ? (
        <QueueContext.Provider value={data}>{children(data.rights)}</QueueContext.Provider>
      ) : (
        <Loading problem={problem} />
      )}
    </>
  );
}
