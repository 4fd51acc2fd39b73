import type { Connection, Reply } from '@redpost/core';
import { isRedpostError } from '@redpost/core';
import { z } from 'zod';
import { clientGroupSchema, clientGroups, mostClients } from '../client-groups.js';
import { refused, route } from '../route.js';
import { count, time } from '../schemas.js';
import { serverWarnings } from '../server-warnings.js';

const slowCallSchema = z.object({
  id: count,
  at: time,
  us: z.number(),
  command: z
    .string()
    .describe('The name of the command: its arguments may have bodies, and are not shown'),
  client: z.string(),
});

/** The sections of INFO that are read. */
const sections = ['server', 'clients', 'memory', 'persistence', 'stats', 'replication', 'cpu'];
const settings = ['maxmemory-policy', 'appendonly', 'appendfsync', 'save', 'maxmemory'];
const slowCalls = 25;

export const serverRoutes = [
  route({
    method: 'get',
    path: '/server',
    role: 'view',
    summary: 'The Redis server: memory, persistence, clients, and what to change',
    tag: 'Server',
    answer: z.object({
      address: z.string(),
      isCluster: z.boolean(),
      version: z.string(),
      uptimeSeconds: count,
      role: z.string(),
      replicas: count,
      clients: z.object({ connected: count, blocked: count, max: count.optional() }),
      memory: z.object({
        used: count,
        peak: count,
        max: count.describe('0 for no limit'),
        policy: z.string().optional(),
        fragmentation: z.number().optional(),
      }),
      persistence: z.object({
        aof: z.boolean(),
        fsync: z.string().optional(),
        lastSaveAt: time.optional(),
        changesSinceSave: count,
        lastSaveFailed: z.boolean(),
      }),
      traffic: z.object({
        commandsPerSecond: z.number(),
        evicted: count,
        rejectedConnections: count,
        channels: count,
        patterns: count,
      }),
      warnings: z.array(z.object({ level: z.enum(['danger', 'advice']), text: z.string() })),
      slow: z.array(slowCallSchema).describe('The last slow commands'),
      clientGroups: z
        .array(clientGroupSchema)
        .optional()
        .describe(
          'By name, library and user. Missing where there are more than 5,000 clients, or they may not be read',
        ),
      unavailable: z.array(z.string()).describe('What this user of Redis may not read'),
    }),
    everyMs: 3000,
    async handle({ services: { connection }, rights }) {
      // Who may see only some queues has no business with the server.
      if (!rights.allows('view')) throw refused('view', undefined);
      const reader = new ServerReader(connection);
      const [info, config, slow] = await Promise.all([
        reader.info(),
        reader.config(),
        reader.slowLog(),
      ]);
      const number = (name: string) => Number(info.get(name) ?? 0) || 0;
      const isListed = number('connected_clients') <= mostClients;
      const list = isListed ? await reader.clients() : undefined;
      const savedAt = number('rdb_last_save_time');
      return {
        address: connection.address,
        isCluster: connection.isCluster,
        version: info.get('valkey_version') ?? info.get('redis_version') ?? 'unknown',
        uptimeSeconds: number('uptime_in_seconds'),
        role: info.get('role') ?? 'unknown',
        replicas: number('connected_slaves'),
        clients: {
          connected: number('connected_clients'),
          blocked: number('blocked_clients'),
          max: number('maxclients') || undefined,
        },
        memory: {
          used: number('used_memory'),
          peak: number('used_memory_peak'),
          max: number('maxmemory'),
          policy: info.get('maxmemory_policy') ?? config.get('maxmemory-policy'),
          fragmentation: number('mem_fragmentation_ratio') || undefined,
        },
        persistence: {
          aof: number('aof_enabled') === 1,
          fsync: config.get('appendfsync'),
          lastSaveAt: savedAt > 0 ? new Date(savedAt * 1000).toISOString() : undefined,
          changesSinceSave: number('rdb_changes_since_last_save'),
          lastSaveFailed: info.get('rdb_last_bgsave_status') === 'err',
        },
        traffic: {
          commandsPerSecond: number('instantaneous_ops_per_sec'),
          evicted: number('evicted_keys'),
          rejectedConnections: number('rejected_connections'),
          channels: number('pubsub_channels'),
          patterns: number('pubsub_patterns'),
        },
        warnings: serverWarnings(info, config),
        slow,
        clientGroups: list === undefined ? undefined : clientGroups(list),
        unavailable: reader.unavailable,
      };
    },
  }),
];

/** Reads what the server tells of itself, as far as this user may. */
class ServerReader {
  readonly unavailable: string[] = [];
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** INFO takes several sections since Redis 7 only. */
  async info(): Promise<Map<string, string>> {
    const texts = await Promise.all(
      sections.map((section) => this.#ask('INFO', [section]).then((reply) => String(reply ?? ''))),
    );
    const lines = texts.join('\n').split(/\r?\n/);
    return new Map(
      lines.flatMap((line): [string, string][] => {
        const at = line.indexOf(':');
        return at > 0 ? [[line.slice(0, at), line.slice(at + 1)]] : [];
      }),
    );
  }

  async config(): Promise<Map<string, string>> {
    const replies = await Promise.all(settings.map((name) => this.#ask('CONFIG', ['GET', name])));
    const flat = replies.flatMap((reply) => ((reply ?? []) as Reply[]).flat().map(String));
    const found = new Map<string, string>();
    for (let at = 0; at + 1 < flat.length; at += 2)
      found.set(flat[at] as string, flat[at + 1] as string);
    return found;
  }

  async clients(): Promise<string | undefined> {
    const reply = await this.#ask('CLIENT', ['LIST']);
    return reply === undefined ? undefined : String(reply);
  }

  async slowLog(): Promise<z.infer<typeof slowCallSchema>[]> {
    const reply = (await this.#ask('SLOWLOG', ['GET', slowCalls])) ?? [];
    return (reply as [number, number, number, Buffer[], Buffer?][]).map(
      ([id, at, us, args, client]) => ({
        id: Number(id),
        at: new Date(Number(at) * 1000).toISOString(),
        us: Number(us),
        command: commandName(args.map(String)),
        client: String(client ?? ''),
      }),
    );
  }

  async #ask(command: string, args: (string | number)[]): Promise<Reply | undefined> {
    try {
      return await this.#connection.call(command, args);
    } catch (error) {
      if (!isRedpostError(error, 'SERVER')) throw error;
      if (!this.unavailable.includes(command)) this.unavailable.push(command);
      return undefined;
    }
  }
}

/** Without arguments, but with the second word of commands that have two. */
function commandName([first = '', second = '']: string[]): string {
  const name = first.toUpperCase();
  const ofTwoWords = ['CONFIG', 'CLIENT', 'CLUSTER', 'SCRIPT', 'XINFO', 'XGROUP', 'ACL', 'PUBSUB'];
  return ofTwoWords.includes(name) ? `${name} ${second.toUpperCase()}` : name;
}
