import { asError, type Connection, connect } from '@redpost/core';
import { type EmbeddedRedis, startRedis } from '@redpost/core/embedded';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { eventually } from '../../tooling/eventually.js';
import { type Rule, readRules } from '../src/acl-rules.js';
import { intended, parts } from '../src/security/acl-parts.js';

const rules = readRules();

/** Users who may do what another one may, and more: only what they may beside that is left out to see whether it is needed. */
const extended: Record<string, string> = {
  'flow-consumer': 'consumer',
  'forwarding-consumer': 'consumer',
  'moving-operator': 'operator',
};

it('docs/security.md has a rule for each part', () => {
  expect([...rules.keys()].sort()).toEqual(Object.keys(parts).sort());
});

describe.each([...rules.values()])('$name', (rule) => {
  let redis: EmbeddedRedis;
  let admin: Connection;
  beforeAll(async () => {
    redis = await startRedis({ args: ['--acllog-max-len', '1000'] });
    admin = connect(redis.url, { name: 'admin' });
  });
  afterAll(async () => {
    await admin?.close();
    await redis?.stop();
  });

  it('works under its rule, and nothing is refused', async () => {
    expect(await problems(redis, admin, rule, rule.commands)).toEqual([]);
  });

  it('needs every command of its rule', async () => {
    // ioredis says there that it may not ask INFO.
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const base = rules.get(extended[rule.name] ?? '')?.commands ?? [];
    expect(rule.commands).toEqual(expect.arrayContaining(base));
    for (const command of rule.commands.filter((each) => !base.includes(each))) {
      const others = rule.commands.filter((other) => other !== command);
      const found = await problems(redis, admin, rule, others);
      expect(found, `without ${command}`).not.toEqual([]);
    }
  });

  it('reaches nothing else', async () => {
    await allow(admin, rule, rule.commands);
    const connection = connect(urlOf(redis, rule));
    connection.on('error', () => {});
    const refused: [string, string[]][] = [
      ['LPUSH', ['other', '1']],
      ['LPUSH', ['{emails}', '1']],
      ['LRANGE', ['other', '0', '-1']],
      ['RPOP', ['{other}:dead']],
      ['XADD', ['{other}:dead', '*', 'a', 'b']],
      ['PUBLISH', ['other', '1']],
      ['EVAL', ["return redis.call('GET', KEYS[1])", '1', 'other']],
      ['KEYS', ['*']],
      ['FLUSHALL', []],
      ['CONFIG', ['GET', 'requirepass']],
      ['ACL', ['LIST']],
      ['CLIENT', ['LIST']],
    ];
    for (const [command, args] of refused) {
      await expect(connection.call(command, args), command).rejects.toMatchObject({
        message: expect.stringMatching(/NOPERM|ACL failure|can't access|No permissions/),
      });
    }
    await connection.close();
  });
});

it.each(['producer', 'delaying-producer', 'placing-producer', 'bounded-producer'])(
  'a %s cannot read its own queue',
  (name) => {
    const producer = rules.get(name) as Rule;
    for (const command of ['+lrange', '+lpop', '+rpop', '+blmove', '+lindex']) {
      expect(producer.commands).not.toContain(command);
    }
  },
);

const password = 'only-for-this-test';

function urlOf({ port }: EmbeddedRedis, { name }: Rule): string {
  return `redis://${name}:${password}@127.0.0.1:${port}`;
}

async function allow(admin: Connection, rule: Rule, commands: string[]): Promise<void> {
  const words = rule.reach.map((word) => (word.startsWith('>') ? `>${password}` : word));
  await admin.call('ACL', ['SETUSER', rule.name, ...words, ...commands]);
}

/** What goes wrong under a rule with these commands; ends with the first thing that does. */
async function problems(
  redis: EmbeddedRedis,
  admin: Connection,
  rule: Rule,
  commands: string[],
): Promise<string[]> {
  await admin.call('FLUSHALL', []);
  await admin.call('SCRIPT', ['FLUSH']);
  await admin.call('ACL', ['DELUSER', rule.name]);
  await admin.call('ACL', ['LOG', 'RESET']);
  await allow(admin, rule, commands);
  const connection = connect(urlOf(redis, rule), { callTimeoutMs: 3000 });
  const found: string[] = [];
  const failed = (error: unknown) => {
    const { message } = asError(error);
    if (!message.includes(intended)) found.push(message);
  };
  connection.on('error', failed);

  const part = parts[rule.name];
  let isDone = false;
  const until = async (probe: () => unknown) => {
    await eventually(async () => found.length > 0 || (await probe()));
    if (found.length > 0) throw new Error(found[0]);
  };
  const working = connection
    .ping()
    .then(() => part?.({ connection, admin, failed, until }))
    .catch(failed)
    .finally(() => {
      isDone = true;
    });
  await eventually(async () => {
    found.push(...(await refusals(admin, rule)));
    return isDone || found.length > 0;
  }, 30_000);
  if (found.length > 0) await Promise.race([connection.close(), working]);
  await working;
  await connection.close();
  found.push(...(await refusals(admin, rule)));
  return found;
}

/** What `ACL LOG` says was refused to the user. */
async function refusals(admin: Connection, { name }: Rule): Promise<string[]> {
  const log = (await admin.call('ACL', ['LOG'])) as Buffer[][];
  return log
    .map((entry) => new Map(pairs(entry.map(String))))
    .filter((entry) => entry.get('username') === name)
    .map((entry) => `${entry.get('reason')} ${entry.get('object')} (${entry.get('context')})`);
}

function pairs(flat: string[]): [string, string][] {
  return flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1] ?? '']] : []));
}
