import { apiAddress, useLive } from '../api.js';
import { ago, bytes, counted, duration, number, time } from '../format.js';
import { Loading, ProblemNote } from '../parts/problem.js';
import { Table } from '../parts/table.js';
import { Facts, Tiles } from '../parts/tiles.js';
import type { ClientGroup, ServerInfo } from '../types.js';

/** The Redis server, and what of it endangers messages. */
export function ServerScreen() {
  const { data, problem } = useLive<ServerInfo>(apiAddress(['server']));
  if (!data) return <Loading problem={problem} />;
  const { memory, persistence, clients, traffic } = data;
  return (
    <>
      <h1>Server</h1>
      <ProblemNote problem={problem} />
      {data.warnings.map(({ level, text }) => (
        <p key={text} class={`note ${level === 'danger' ? 'danger' : 'warning'}`}>
          {text}
        </p>
      ))}
      <Tiles
        tiles={[
          { title: 'Version', value: data.version },
          {
            title: 'Memory',
            value: memory.max
              ? `${bytes(memory.used)} of ${bytes(memory.max)}`
              : bytes(memory.used),
          },
          { title: 'Clients', value: number(clients.connected) },
          { title: 'Commands/s', value: number(traffic.commandsPerSecond) },
          { title: 'Channels', value: number(traffic.channels) },
        ]}
      />
      {memory.max > 0 && (
        <progress value={memory.used} max={memory.max} aria-label="Memory that is used" />
      )}
      <div class="columns">
        <section>
          <h2>Memory</h2>
          <Facts
            facts={[
              ['Used', bytes(memory.used)],
              ['Peak', bytes(memory.peak)],
              ['maxmemory', memory.max ? bytes(memory.max) : 'no limit'],
              ['Eviction policy', memory.policy],
              ['Fragmentation', memory.fragmentation],
              ['Evicted keys', number(traffic.evicted)],
            ]}
          />
        </section>
        <section>
          <h2>Persistence</h2>
          <Facts
            facts={[
              ['AOF', persistence.aof ? `on, fsync ${persistence.fsync ?? 'unknown'}` : 'off'],
              ['Last snapshot', persistence.lastSaveAt && ago(persistence.lastSaveAt)],
              ['Changes since', number(persistence.changesSinceSave)],
            ]}
          />
        </section>
        <section>
          <h2>Server</h2>
          <Facts
            facts={[
              ['Address', data.address],
              [
                'Role',
                `${data.role}${data.isCluster ? ', Cluster: the numbers are of one node' : ''}`,
              ],
              ['Replicas', number(data.replicas)],
              ['Up for', duration(data.uptimeSeconds * 1000)],
              ['Blocked clients', number(clients.blocked)],
              ['maxclients', clients.max && number(clients.max)],
              ['Refused connections', number(traffic.rejectedConnections)],
            ]}
          />
        </section>
      </div>
      {data.unavailable.length > 0 && (
        <p class="note warning">This user of Redis may not call {data.unavailable.join(', ')}.</p>
      )}
      <Clients groups={data.clientGroups} connected={clients.connected} />
      <section>
        <h2>Slow commands</h2>
        <Table
          caption="Slow commands"
          rows={data.slow}
          keyOf={({ id }) => String(id)}
          empty="None is in the slow log."
          columns={[
            { title: 'Command', cell: ({ command }) => <code>{command}</code> },
            { title: 'Took', isNumber: true, cell: ({ us }) => `${number(us)} µs` },
            { title: 'At', cell: ({ at }) => time(at) },
            { title: 'Client', cell: ({ client }) => clientText(client) },
          ]}
        />
      </section>
    </>
  );
}

/** Redis writes `?:0` for a command within a script. */
function clientText(client: string): string {
  return client === '?:0' ? 'within a script' : client || '–';
}

function Clients({ groups, connected }: { groups: ClientGroup[] | undefined; connected: number }) {
  const shown = (groups ?? []).reduce((sum, { clients }) => sum + clients, 0);
  return (
    <section>
      <h2>Clients</h2>
      <Table
        caption="Clients by name, library and user"
        rows={groups ?? []}
        keyOf={({ name, library, user }) => `${name} ${library} ${user}`}
        empty={`${counted(connected, 'client')}, which are not listed here.`}
        columns={[
          { title: 'Name', cell: ({ name }) => name || '–' },
          { title: 'Library', cell: ({ library }) => library || '–' },
          { title: 'User', cell: ({ user }) => user || '–' },
          { title: 'Connections', isNumber: true, cell: ({ clients }) => number(clients) },
          { title: 'Addresses', isNumber: true, cell: ({ hosts }) => number(hosts) },
          { title: 'Subscribed', isNumber: true, cell: ({ subscribed }) => number(subscribed) },
          { title: 'Blocked', isNumber: true, cell: ({ blocked }) => number(blocked) },
        ]}
      />
      {groups && groups.length === 50 && shown < connected && (
        <p class="quiet">
          {number(shown)} of {counted(connected, 'client')}
        </p>
      )}
    </section>
  );
}
