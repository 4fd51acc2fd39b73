import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { apiAddress, useRead } from './api.js';
import { toggleColours, useColours } from './parts/colours.js';
import { OperationTray } from './parts/operations.js';
import { Loading } from './parts/problem.js';
import { Link, type Place, usePlace } from './router.js';
import { AuditScreen } from './screens/audit.js';
import { ChannelScreen } from './screens/channel.js';
import { ChannelsScreen } from './screens/channels.js';
import { ConsumersScreen } from './screens/consumers.js';
import { DeadLetterScreen } from './screens/dead-letter.js';
import { DeadLettersScreen } from './screens/dead-letters.js';
import { DeadRecordScreen } from './screens/dead-records.js';
import { FlowScreen } from './screens/flow.js';
import { FlowsScreen } from './screens/flows.js';
import { GroupScreen } from './screens/group.js';
import { MessageScreen } from './screens/message.js';
import { MessagesScreen } from './screens/messages.js';
import { NowScreen } from './screens/now.js';
import { QueueScreen } from './screens/queue.js';
import { QueueConsumers } from './screens/queue-consumers.js';
import { QueueFrame } from './screens/queue-frame.js';
import { ScheduleScreen } from './screens/schedule.js';
import { SchedulesScreen } from './screens/schedules.js';
import { ServerScreen } from './screens/server.js';
import { TopicScreen } from './screens/topic.js';
import { TopicsScreen } from './screens/topics.js';
import { SessionContext } from './session.js';
import type { Role, Session } from './types.js';

const sections: readonly [string, string][] = [
  ['', 'Now'],
  ['consumers', 'Consumers'],
  ['schedules', 'Schedules'],
  ['flows', 'Flows'],
  ['topics', 'Topics'],
  ['channels', 'Channels'],
  ['server', 'Server'],
  ['audit', 'Audit'],
];

/** Consumers, schedules and flows of one queue belong to the section of all of them, and the rest of a queue to Now. */
function sectionOf({ parts }: Place): string {
  const [first = '', , part = ''] = parts;
  if (first !== 'queues') return first;
  return sections.some(([path]) => path === part) ? part : '';
}

export function App() {
  const place = usePlace();
  const { data: session, problem } = useRead<Session>(apiAddress(['session']));
  const section = sectionOf(place);
  useEffect(() => {
    document.title = [...place.parts].reverse().concat('redpost').join(' · ');
  }, [place]);
  return (
    <SessionContext.Provider value={session}>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="top">
        <Link to={[]} class="brand">
          redpost
        </Link>
        <nav aria-label="Sections">
          {sections.map(([path, title]) => (
            <Link key={path} to={path === '' ? [] : [path]} isCurrent={section === path}>
              {title}
            </Link>
          ))}
        </nav>
        <About session={session} />
      </header>
      <main id="main" tabIndex={-1}>
        {problem ? <Loading problem={problem} /> : screenOf(place)}
      </main>
      <OperationTray />
    </SessionContext.Provider>
  );
}

function About({ session }: { session: Session | undefined }) {
  const colours = useColours();
  const other = colours === 'dark' ? 'light' : 'dark';
  return (
    <div class="about">
      {session && (
        <span class="address" title={`redpost ${session.version}, signed in as ${session.user}`}>
          {session.address}
          {session.database > 0 && `/${session.database}`}
        </span>
      )}
      {session?.role === 'view' && <span class="badge">read-only</span>}
      <button
        type="button"
        class="icon"
        aria-label={`Use ${other} colours`}
        onClick={toggleColours}
      >
        {colours === 'dark' ? '☀' : '☾'}
      </button>
    </div>
  );
}

function screenOf({ parts, query }: Place): ComponentChildren {
  const [section, name, part, id, below, entry] = parts;
  switch (section) {
    case undefined:
      return <NowScreen query={query} />;
    case 'queues':
      return name === undefined ? <NowScreen query={query} /> : queueScreen(name, part, id, query);
    case 'consumers':
      return <ConsumersScreen query={query} />;
    case 'schedules':
      return <SchedulesScreen query={query} />;
    case 'flows':
      return <FlowsScreen query={query} />;
    case 'topics':
      if (name === undefined) return <TopicsScreen query={query} />;
      if (part === 'groups' && id !== undefined) {
        if (below === 'dead-letters' && entry !== undefined) {
          return <DeadRecordScreen key={entry} topic={name} group={id} entry={entry} />;
        }
        return <GroupScreen key={`${name} ${id}`} topic={name} group={id} query={query} />;
      }
      return <TopicScreen key={name} topic={name} query={query} />;
    case 'channels':
      if (name === undefined) return <ChannelsScreen query={query} />;
      return <ChannelScreen key={name} channel={name} query={query} />;
    case 'server':
      return <ServerScreen />;
    case 'audit':
      return <AuditScreen query={query} />;
    default:
      return (
        <NoPage>
          <Link to={[]}>All queues and topics</Link>
        </NoPage>
      );
  }
}

function queueScreen(
  queue: string,
  part: string | undefined,
  id: string | undefined,
  query: URLSearchParams,
): ComponentChildren {
  return (
    <QueueFrame key={queue} queue={queue} part={part}>
      {(rights) => queuePart({ queue, part, id, query, rights })}
    </QueueFrame>
  );
}

interface QueuePart {
  queue: string;
  part: string | undefined;
  id: string | undefined;
  query: URLSearchParams;
  rights: Role;
}

function queuePart({ queue, part, id, query, rights }: QueuePart): ComponentChildren {
  const path = ['queues', queue, 'dead-letters'];
  switch (part) {
    case undefined:
      return <QueueScreen queue={queue} query={query} rights={rights} />;
    case 'messages':
      if (id === undefined) return <MessagesScreen queue={queue} query={query} />;
      return <MessageScreen key={id} queue={queue} id={id} query={query} rights={rights} />;
    case 'dead-letters':
      if (id === undefined)
        return <DeadLettersScreen queue={queue} query={query} rights={rights} />;
      return (
        <DeadLetterScreen key={id} {...{ path, all: path, owner: queue, rights }} entry={id} />
      );
    case 'consumers':
      return <QueueConsumers queue={queue} />;
    case 'schedules':
      if (id === undefined) return <SchedulesScreen queue={queue} query={query} rights={rights} />;
      return <ScheduleScreen key={id} queue={queue} name={id} rights={rights} />;
    case 'flows':
      if (id === undefined) return <FlowsScreen queue={queue} query={query} />;
      return <FlowScreen key={id} queue={queue} id={id} rights={rights} />;
    default:
      return (
        <NoPage>
          <Link to={['queues', queue]}>The overview of this queue</Link>
        </NoPage>
      );
  }
}

/** @param children where to go instead. */
function NoPage({ children }: { children: ComponentChildren }) {
  return (
    <div class="empty">
      <h2>There is no such page</h2>
      <p>{children}</p>
    </div>
  );
}
