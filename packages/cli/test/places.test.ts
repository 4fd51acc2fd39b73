import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { uniqueName, useRedpost } from './support/redpost.js';

const redpost = useRedpost();
const onTerminal = redpost.onTerminal.bind(redpost);

async function sendKeyed(queue: string, key: string, ...bodies: string[]): Promise<void> {
  const { code } = await redpost.run(['send', queue, '--key', key, ...bodies]);
  expect(code).toBe(0);
}

it('send gives messages a priority; peek and receive show it and go by it', async () => {
  const queue = uniqueName();
  await redpost.run(['send', queue, '"usual"']);
  await redpost.run(['send', queue, '"low"', '--priority', '0']);
  await redpost.run(['send', queue, '"urgent"', '--priority', '9']);

  const peeked = await redpost.run(['peek', queue]);
  const received = await redpost.run(['receive', queue, '--count', '3']);

  for (const { lines } of [peeked, received]) {
    const shown = lines.map(({ body, priority, key }) => ({ body, priority, key }));
    expect(shown).toEqual([
      { body: 'urgent', priority: 9 },
      { body: 'usual' },
      { body: 'low', priority: 0 },
    ]);
  }
});

it('stats shows how many messages wait at each priority, where messages have one', async () => {
  const queue = uniqueName();
  const plain = uniqueName();
  await redpost.run(['send', plain, '1']);
  await redpost.run(['send', queue, '1', '2']);
  await redpost.run(['send', queue, '3', '--priority', '7']);

  const { lines } = await redpost.run(['stats', plain, queue]);
  const without = await onTerminal(`stats ${plain}`);
  const both = await onTerminal(`stats ${plain} ${queue}`);

  expect(lines[0]).not.toHaveProperty('byPriority');
  expect(lines[1]).toMatchObject({ byPriority: [0, 0, 0, 0, 2, 0, 0, 1, 0, 0] });
  expect(without.stdout).not.toContain('BY PRIORITY');
  expect(both.stdout).toMatch(/BY PRIORITY.*\r\n.* - .*\r\n.* 7:1 4:2 /);
});

it('keys lists keys by how many messages wait, or by how long', async () => {
  const queue = uniqueName();
  await sendKeyed(queue, 'old', '1');
  await eventually(async () => {
    const { waitsSince } = (await redpost.run(['stats', queue, '--key', 'old'])).lines[0] ?? {};
    return Date.parse(String(waitsSince)) < Date.now() - 5;
  });
  await sendKeyed(queue, 'with space', '1', '2', '3');

  const most = await redpost.run(['keys', queue]);
  const oldest = await redpost.run(['keys', queue, '--by', 'age', '--count', '1']);
  const table = await onTerminal(`keys ${queue}`);

  expect(most.lines).toMatchObject([
    { queue, key: 'with space', pending: 3, active: 0, isPaused: false },
    { queue, key: 'old', pending: 1, active: 0, isPaused: false },
  ]);
  expect(oldest.lines).toMatchObject([{ key: 'old' }]);
  expect(table.stdout).toMatch(/^KEY +PENDING .*\r\n"with space" +3 .*\r\nold +1 /);
});

it('pause --key holds a key and no other, until resume --key', async () => {
  const queue = uniqueName();
  await sendKeyed(queue, 'a', '"a"');
  await sendKeyed(queue, 'b', '"b"');

  const paused = await redpost.run(['pause', queue, '--key', 'a']);
  const received = await redpost.run(['receive', queue, '--count', '2', '--timeout', '0']);
  const stats = await redpost.run(['stats', queue, '--key', 'a']);
  const table = await onTerminal(`stats ${queue} --key a`);
  const resumed = await redpost.run(['resume', queue, '--key', 'a']);
  const again = await redpost.run(['resume', queue, '--key', 'a']);
  const then = await redpost.run(['receive', queue]);

  expect(paused.lines).toEqual([{ queue, key: 'a', isPaused: true }]);
  expect(received.lines).toMatchObject([{ body: 'b', key: 'b' }]);
  expect(stats.lines).toMatchObject([{ queue, key: 'a', pending: 1, isPaused: true }]);
  expect(table.stdout).toMatch(/PAUSED\r\na +1 .* yes\r\n/);
  expect(resumed.lines).toEqual([{ queue, key: 'a', resumed: true }]);
  expect(again.lines).toEqual([{ queue, key: 'a', resumed: false }]);
  expect(then.lines).toMatchObject([{ body: 'a', key: 'a' }]);
});

it('pause --key ends by itself with --for', async () => {
  const queue = uniqueName();
  await sendKeyed(queue, 'a', '"a"');

  const { lines } = await redpost.run(['pause', queue, '--key', 'a', '--for', '500ms']);
  const received = await redpost.run(['receive', queue, '--timeout', '20s']);

  expect(lines).toEqual([{ queue, key: 'a', isPaused: true, pausedUntil: expect.any(String) }]);
  expect(received.lines).toMatchObject([{ body: 'a' }]);
});

it('work tells its command the key and the priority, and can let others pass a failed message', async () => {
  const queue = uniqueName();
  await redpost.run(['send', queue, '1', '--priority', '8']);
  await sendKeyed(queue, 'k', '2', '3');
  const command =
    'echo "$REDPOST_PRIORITY/$REDPOST_KEY/$(cat)"; test $REDPOST_KEY$REDPOST_ATTEMPT != k1';
  const options = ['--on-failure', 'pass', '--retry-delay', '300ms'];
  const working = redpost.start(['work', queue, '--exec', command, ...options]);
  await eventually(() => working.stdout.split('\n').length > 5);
  working.process.kill('SIGINT');
  const { stdout } = await working.ended;

  expect(stdout.trimEnd().split('\n')).toEqual(['8//1', '4/k/2', '4/k/3', '4/k/2', '4/k/3']);
});

it('limits sets, shows and removes the limits of keys, and the aging', async () => {
  const queue = uniqueName();
  const limits = (...options: string[]) => redpost.run(['limits', queue, ...options]);
  const ofKeys = ['--key-concurrency', '5', '--key-rate', '10/1m', '--key-max-length', '1000'];

  const set = await limits(...ofKeys, '--key-weights', 'anna=3,a=b=0.5', '--aging', '5m');
  const table = await onTerminal(`limits ${queue}`);
  const some = await limits('--key-rate', 'none', '--key-weights', 'none', '--aging', 'none');
  const refused = await limits('--key-weights', 'anna');

  const kept = { keyConcurrency: 5, keyMaxLength: 1000 };
  const keyRate = { max: 10, perMs: 60_000 };
  const keyWeights = { anna: 3, 'a=b': 0.5 };
  expect(set.lines).toMatchObject([
    { queue, limits: { ...kept, keyRate, keyWeights, agingMs: 300_000 } },
  ]);
  expect(table.stdout).toMatch(/KEY RATE .*AGING\r\n.* 10\/1m .* anna=3,a=b=0.5 +5m\r\n/);
  expect(some.lines).toEqual([{ queue, limits: kept }]);
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('anna=3,ben=0.5') });
});

it.each([
  [['send', 'q', '1', '--priority', '10'], 'from 0 to 9'],
  [['send', 'q', '1', '--priority', '1', '--key', 'k'], 'cannot be used with'],
  [['send', 'q', '1', '--bare', '--key', 'k'], 'cannot be used with'],
  [['send', 'q', '1', '--key', ''], 'key'],
  [['pause', 'q', '--key', 'k', '--reason', 'r'], 'cannot be used with'],
  [['keys', 'q', '--by', 'name'], 'pending, age'],
  [['keys', 'q', '--count', '1001'], '1000'],
  [['stats', 'q', '--key', 'x'.repeat(257)], '256 bytes'],
])('%j is wrong input', async (args, reason) => {
  const { code, stdout, stderr } = await redpost.run(args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(reason);
});
