import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { idleMsSince } from '../../../tooling/machine-pace.js';
import type { Connection } from '../src/index.js';
import { type Relay, startRelay } from './support/relay.js';
import { openConnection, uniqueKey, useRedis } from './support/use-redis.js';

const redis = useRedis();

// MONITOR hides CLIENT UNBLOCK, as every command of administrators: a relay sees what is sent.
const targets: [string, (relay: Relay) => Connection][] = [
  ['a connection', ({ port }) => openConnection(`redis://127.0.0.1:${port}`)],
  [
    "a client of the caller's own",
    ({ port }) => {
      const client = new Redis({ port });
      onTestFinished(() => client.disconnect());
      return openConnection(client);
    },
  ],
];

describe.each(targets)('%s that ends a blocked read', (_, open) => {
  it('asks for it behind a command that may write, in one piece with it', async () => {
    const relay = await startRelay(redis.port);
    const connection = open(relay);

    for (let at = 0; at < 3; at += 1) await expect(abortedRead(connection)).rejects.toBe('enough');

    const asking = relay.pieces.filter((piece) => /unblock/i.test(piece));
    expect(asking).not.toEqual([]);
    for (const piece of asking) {
      expect(commandsOf(piece)).toEqual([
        ['EVAL', 'return 1', '0'],
        ['CLIENT', 'UNBLOCK', expect.stringMatching(/^\d+$/)],
      ]);
    }
  });
});

describe('an aborted read', () => {
  it('ends by itself, and nothing asks for it, where the user may not send EVAL', async () => {
    const relay = await startRelay(redis.port);
    const user = uniqueKey().replaceAll(':', '-');
    const admin = redis.connect();
    onTestFinished(async () => void (await admin.call('ACL', ['DELUSER', user])));
    await admin.call('ACL', ['SETUSER', user, 'on', '>pw', '~*', '+@all', '-eval']);
    const connection = openConnection(`redis://${user}:pw@127.0.0.1:${relay.port}`);

    await expect(abortedRead(connection)).rejects.toBe('enough');

    expect(relay.pieces.filter((piece) => /unblock/i.test(piece))).toEqual([]);
    expect(relay.pieces.filter((piece) => piece.includes('return 1'))).toHaveLength(1);
  });

  it('ends with its slice when the request to end it is not answered', async () => {
    const relay = await startRelay(redis.port);
    const connection = openConnection(`redis://127.0.0.1:${relay.port}`);
    relay.holdBack('return 1');
    const start = performance.now();

    await expect(abortedRead(connection)).rejects.toBe('enough');

    // A slice is 5 s, and 2 s later the socket would have been destroyed.
    expect(idleMsSince(start)).toBeLessThan(7000);
  });
});

async function abortedRead(connection: Connection): Promise<unknown> {
  const controller = new AbortController();
  const key = uniqueKey();
  const read = connection.block((ms) => ['BLPOP', key, ms / 1000], { signal: controller.signal });
  read.catch(() => {});
  const admin = redis.connect();
  await eventually(async () => {
    const blocked = /flags=\S*b\S* .*cmd=blpop/;
    return blocked.test(String(await admin.call('CLIENT', ['LIST'])));
  });
  controller.abort('enough');
  return read;
}

/** The commands of a piece, each as its words. */
function commandsOf(piece: string): string[][] {
  const words = piece.split('\r\n');
  const commands: string[][] = [];
  for (let at = 0; words[at]?.startsWith('*'); ) {
    const count = Number(words[at]?.slice(1));
    const command = words.slice(at + 1, at + 1 + 2 * count).filter((_, index) => index % 2 === 1);
    commands.push([command[0]?.toUpperCase() ?? '', ...command.slice(1)]);
    at += 1 + 2 * count;
  }
  return commands;
}
