import { z } from 'zod';
import { count } from './schemas.js';

export const clientGroupSchema = z.object({
  name: z.string().describe('As the clients have named themselves; empty for none'),
  library: z.string().describe('Empty where the client does not tell it, as before Redis 7.2'),
  user: z.string(),
  clients: count.describe('How many connections'),
  hosts: count.describe('From how many addresses'),
  subscribed: count.describe('How many of them subscribe to something'),
  blocked: count.describe('How many of them wait in a blocking command'),
});
export type ClientGroup = z.infer<typeof clientGroupSchema>;

/** So many clients are read at most: Redis tells of all or of none. */
export const mostClients = 5000;
const mostGroups = 50;

/** The clients of CLIENT LIST by name, library and user, those with the most connections first. */
export function clientGroups(list: string): ClientGroup[] {
  const groups = new Map<string, { group: ClientGroup; hosts: Set<string> }>();
  for (const line of list.split('\n')) {
    if (line !== '') addClient(groups, fieldsOf(line));
  }
  const all = [...groups.values()].map(({ group, hosts }) => ({ ...group, hosts: hosts.size }));
  return all.sort((a, b) => b.clients - a.clients).slice(0, mostGroups);
}

function addClient(
  groups: Map<string, { group: ClientGroup; hosts: Set<string> }>,
  fields: ReadonlyMap<string, string>,
): void {
  const field = (name: string) => fields.get(name) ?? '';
  const about = {
    name: field('name'),
    library: [field('lib-name'), field('lib-ver')].join(' ').trim(),
    user: field('user'),
  };
  const key = JSON.stringify(about);
  const counts = { clients: 0, hosts: 0, subscribed: 0, blocked: 0 };
  const { group, hosts } = groups.get(key) ?? {
    group: { ...about, ...counts },
    hosts: new Set<string>(),
  };
  groups.set(key, { group, hosts });
  const isSubscribed = ['sub', 'psub', 'ssub'].some((name) => Number(field(name)) > 0);
  group.clients += 1;
  group.subscribed += isSubscribed ? 1 : 0;
  group.blocked += field('flags').includes('b') ? 1 : 0;
  hosts.add(field('addr').replace(/:\d+$/, ''));
}

/** `id=3 addr=127.0.0.1:50000 name=app …`; no value has a space. */
function fieldsOf(line: string): Map<string, string> {
  const pairs = line.split(' ').map((part): [string, string] => {
    const at = part.indexOf('=');
    return [part.slice(0, at), part.slice(at + 1).trim()];
  });
  return new Map(pairs);
}
