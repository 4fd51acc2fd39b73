import { eventually } from './eventually.js';

/** A connection, as far as it is needed here. */
interface Asked extends AsyncDisposable {
  call(command: string, args: readonly string[]): Promise<unknown>;
  on(event: 'error', listener: () => void): unknown;
}

/** How a package starts servers and asks them: core's own tests do it with what is not built yet. */
export interface Means<Server> {
  startRedis(options: { args: string[] }): Promise<Server>;
  connect(target: string | { port: number }): Asked;
}

/** Starts a master, and a replica that follows it. */
export async function startPair<Server extends { port: number; url: string }>({
  startRedis,
  connect,
}: Means<Server>): Promise<{ master: Server; replica: Server }> {
  const master = await startRedis({ args: ['--repl-diskless-sync-delay', '0'] });
  const replica = await startRedis({ args: ['--replicaof', '127.0.0.1', String(master.port)] });
  await using primary = connect(master.url);
  await eventually(async () =>
    String(await primary.call('INFO', ['replication'])).includes('state=online'),
  );
  return { master, replica };
}

/** Resolves when the Sentinel at this port knows that this replica can take over. */
export async function untilReplicaIsKnown(
  { connect }: Pick<Means<unknown>, 'connect'>,
  sentinelPort: number,
  replicaPort: number,
  withinMs = 15_000,
): Promise<void> {
  await using sentinel = connect({ port: sentinelPort });
  sentinel.on('error', () => {}); // It takes a moment to listen.
  await eventually(async () => {
    const reply = String(await sentinel.call('SENTINEL', ['REPLICAS', 'mymaster']));
    return reply.includes(`127.0.0.1:${replicaPort}`) && reply.includes('master-link-status,ok');
  }, withinMs);
}
