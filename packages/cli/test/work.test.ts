import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { uniqueName, useRedpost } from './support/redpost.js';

const redpost = useRedpost();
const folder = mkdtempSync(join(tmpdir(), 'redpost-work-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const stats = async (queue: string) => (await redpost.run(['stats', queue])).lines[0];

async function acked(queue: string): Promise<number> {
  const { total } = (await stats(queue)) as { total: { acked: number } };
  return total.acked;
}

/** Which attempt the next delivery would be. */
async function nextAttempt(queue: string): Promise<unknown> {
  const { lines } = await redpost.run(['receive', queue]);
  return (lines[0] as { attempt: number }).attempt;
}

function work(queue: string, command: string, ...options: string[]) {
  return redpost.start(['work', queue, '--exec', command, ...options]);
}

/** The process that a command tells in a file. */
function pidIn(file: string): Promise<number> {
  return eventually(() => {
    try {
      return Number(readFileSync(file, 'utf8'));
    } catch {
      return undefined;
    }
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie that nobody has waited for is dead all the same.
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

describe('work', () => {
  it('runs the command with the body on stdin and acknowledges when it exits with 0', async () => {
    const queue = uniqueName();
    await redpost.run(['send', queue, '{"a":1}', '--id', 'first', '--header', 'h=v']);
    const say = 'echo "$REDPOST_ID $REDPOST_ATTEMPT $REDPOST_QUEUE $REDPOST_HEADERS $(cat)"';

    const working = work(queue, say);
    await eventually(async () => (await acked(queue)) === 1);
    working.process.kill('SIGTERM');

    const { code, stdout } = await working.ended;
    expect(code).toBe(0);
    expect(stdout).toBe(`first 1 ${queue} {"h":"v"} {"a":1}\n`);
  });

  it('takes from several queues by their weights, or strictly in their order', async () => {
    const bodies = Array.from({ length: 12 }, (_, n) => `${n}\n`).join('');
    for (const [how, starts] of [
      [['--weights', '2,1'], `${'aba'.repeat(6)}bbbbbb`],
      [['--strict'], 'aaaaaaaaaaaabbbbbbbbbbbb'],
    ] as const) {
      const names = [uniqueName(), uniqueName()] as const;
      for (const name of names) await redpost.run(['send', name, '-q'], { input: bodies });
      const working = redpost.start(['work', ...names, ...how, '--exec', 'echo "$REDPOST_QUEUE"']);
      await eventually(() => working.stdout.split('\n').length === 25);
      working.process.kill('SIGINT');
      const { code, stdout, stderr } = await working.ended;
      expect(code).toBe(0);
      expect(stderr).toContain(`working on ${names.join(', ')};`);
      const order = stdout.split('\n').filter(Boolean);
      expect(order.map((name) => (name === names[0] ? 'a' : 'b')).join('')).toBe(starts);
    }
  });

  it('wants a weight for each queue', async () => {
    const { code, stderr } = await redpost.run([
      'work',
      'a',
      'b',
      '--weights',
      '5',
      '--exec',
      'cat',
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain('there are 2 queues and 1 weight; write a weight for each queue');
  });

  it('gives the body to the command byte for byte, and never to the shell', async () => {
    const queue = uniqueName();
    const file = join(folder, 'proof');
    const evil = `'; touch ${file}; $(touch ${file}) \`touch ${file}\` " & | \n %s`;
    await redpost.run(['send', queue, '--codec', 'text', evil]);

    const working = work(queue, 'cat');
    await eventually(() => working.stdout === evil);
    working.process.kill('SIGINT');

    expect((await working.ended).code).toBe(0);
    expect(() => readFileSync(file)).toThrow('ENOENT');
  });

  it('releases the resources of each command when it has ended', async () => {
    const queue = uniqueName();
    const probe = fileURLToPath(new URL('support/count-children.cjs', import.meta.url));
    const env = { NODE_OPTIONS: `--require "${probe}"` };
    const input = Array.from({ length: 100 }, (_, n) => `${n}\n`).join('');
    await redpost.run(['send', queue, '-q'], { input });

    const working = redpost.start(['work', queue, '--exec', 'exit 0', '-c', '4'], { env });
    await eventually(async () => (await acked(queue)) === 100);
    working.process.kill('SIGUSR2');
    await eventually(() => /known: \d+\n/.test(working.stderr));
    working.process.kill('SIGINT');

    const { code, stderr } = await working.ended;
    expect(code).toBe(0);
    // Node itself may remember the last ones.
    expect(Number(/known: (\d+)/.exec(stderr)?.[1])).toBeLessThan(10);
  });

  it('does not mind a command that leaves a large body unread', async () => {
    const queue = uniqueName();
    const input = `"${'x'.repeat(2_000_000)}"\n`;
    await redpost.run(['send', queue, '-q'], { input });

    const working = work(queue, 'exec true');
    await eventually(async () => (await acked(queue)) === 1);
    working.process.kill('SIGINT');

    expect((await working.ended).code).toBe(0);
  });

  it('tries a message again that failed, says the exit code, and buries it after the last attempt', async () => {
    const queue = uniqueName();
    await redpost.run(['send', queue, '1', '--id', 'bad']);

    const working = work(queue, 'exit 3', '--max-attempts', '2', '--retry-delay', '10ms');
    await eventually(() => working.stderr.includes('now a dead letter'));
    working.process.kill('SIGINT');

    const { stderr } = await working.ended;
    expect(stderr).toContain('message bad, attempt 1: exit code 3; next attempt in 10 ms');
    expect(stderr).toContain('message bad, attempt 2: exit code 3; now a dead letter (failed)');
    expect((await redpost.run(['dead', 'list', queue])).lines).toMatchObject([
      { id: 'bad', body: 1, reason: 'failed', error: 'exit code 3', attempt: 2 },
    ]);
  });

  it('ends a command that runs too long', async () => {
    const queue = uniqueName();
    await redpost.run(['send', queue, '1']);

    const working = work(queue, 'sleep 60', '--timeout', '50ms', '--max-attempts', '1');
    await eventually(() => working.stderr.includes('no end after 50 ms; now a dead letter'));
    working.process.kill('SIGINT');

    expect((await working.ended).code).toBe(0);
  });

  it('runs several commands at a time', async () => {
    const queue = uniqueName();
    await redpost.run(['send', queue, '1', '2', '3']);

    // None ends before all three run.
    const working = work(
      queue,
      `echo x >> ${folder}/together; while [ $(wc -l < ${folder}/together) -lt 3 ]; do sleep 0.01; done`,
      ...['--concurrency', '3'],
    );
    await eventually(async () => (await acked(queue)) === 3);
    working.process.kill('SIGINT');

    expect((await working.ended).code).toBe(0);
  });

  it('finishes running commands at Ctrl-C, takes no more messages and exits with 0', async () => {
    const queue = uniqueName();
    const go = join(folder, 'go');
    await redpost.run(['send', queue, '1', '2', '-q']);
    const command = `echo begun; while [ ! -e ${go} ]; do sleep 0.01; done; echo done`;
    const working = work(queue, command, '--drain', '10m');
    await eventually(() => working.stdout.includes('begun'));

    working.process.kill('SIGINT');
    await eventually(() => working.stderr.includes('waiting for 1 running command'));
    await redpost.shell(`touch ${go}`);

    expect(await working.ended).toMatchObject({ code: 0, stdout: 'begun\ndone\n' });
    expect(await stats(queue)).toMatchObject({ pending: 1, active: 0, total: { acked: 1 } });
  });

  it('ends commands with all their child processes at the deadline, and returns their messages without counting an attempt', async () => {
    const queue = uniqueName();
    const file = join(folder, 'grandchild');
    await redpost.run(['send', queue, '1']);
    const working = work(queue, `sleep 60 & echo $! > ${file}; wait`, '--drain', '50ms');
    const grandchild = await pidIn(file);

    working.process.kill('SIGTERM');

    expect((await working.ended).code).toBe(0);
    await eventually(() => !isAlive(grandchild));
    expect(await stats(queue)).toMatchObject({ pending: 1, active: 0, dead: 0 });
    expect(await nextAttempt(queue)).toBe(1);
  });

  it('ends at once at a second Ctrl-C, and returns its messages without counting an attempt', async () => {
    const queue = uniqueName();
    const file = join(folder, 'stubborn');
    await redpost.run(['send', queue, '1']);
    const stubborn = `trap '' TERM INT; echo $$ > ${file}; while :; do sleep 0.05; done`;
    const working = work(queue, stubborn, '--drain', '10m', '--max-attempts', '1');
    const child = await pidIn(file);

    await eventually(() => {
      working.process.kill('SIGINT');
      return working.process.exitCode !== null;
    });

    expect((await working.ended).code).toBe(130);
    expect(isAlive(child)).toBe(false);
    expect(await stats(queue)).toMatchObject({ pending: 1, active: 0, dead: 0 });
    expect(await nextAttempt(queue)).toBe(1);
  });
});
