import { connect } from '@redpost/core';
import { Queue } from '@redpost/queue';
import { Topic } from '@redpost/topic';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { uniqueName, useRedpost } from './support/redpost.js';

const redpost = useRedpost();
const onTerminal = redpost.onTerminal.bind(redpost);

async function bury(...bodies: string[]): Promise<string> {
  const queue = uniqueName();
  await redpost.run(['send', queue, ...bodies]);
  const working = redpost.start(['work', queue, '--exec', 'exit 1', '--max-attempts', '1']);
  await eventually(() => working.stderr.split('dead letter').length > bodies.length);
  working.process.kill('SIGINT');
  await working.ended;
  return queue;
}

/** Makes so many dead letters at once. */
async function buryMany(count: number): Promise<string> {
  const queue = uniqueName();
  const bodies = Array.from({ length: count }, (_, n) => `${n}`).join('\n');
  await redpost.run(['send', queue, '--quiet'], { input: bodies });
  const letters = `for i=1,${count} do redis.call('XADD', KEYS[1], '*', 'reason', 'failed', 'error', '', 'element', redis.call('RPOP', KEYS[2])) end`;
  await redpost.redisCli('EVAL', letters, '2', `{${queue}}:dead`, queue);
  return queue;
}

describe('ping', () => {
  it('prints one short line', async () => {
    const { code, stdout } = await redpost.run(['ping']);

    expect(code).toBe(0);
    expect(stdout).toMatch(/^PONG from 127\.0\.0\.1:\d+ in \d+\.\d+ ms\n$/);
  });
});

describe('stats', () => {
  it('prints JSON for programs, a line per queue', async () => {
    const { lines } = await redpost.run(['stats', 'none', 'other']);

    const counts = { pending: 0, active: 0, delayed: 0, dead: 0, consumers: 0 };
    expect(lines).toMatchObject([
      { queue: 'none', ...counts },
      { queue: 'other', ...counts },
    ]);
  });

  it('prints a table on a terminal, and JSON there too when asked to', async () => {
    const table = await onTerminal('stats none');
    const json = await onTerminal('stats none --json');

    expect(table.stdout).toMatch(
      /^QUEUE +PENDING .* CANCELLED +RECOVERED +DROPPED +TRIMMED\r\nnone +0 .* 0\r\n/,
    );
    expect(json.stdout).toMatch(/^\{"queue":"none"/);
  });
});

describe('a table on a terminal', () => {
  it('has separators in its numbers, and dead letters in red, unless NO_COLOR is set', async () => {
    const queue = await buryMany(1234);

    const coloured = await onTerminal(`stats ${queue}`, '', { colours: true });
    const plain = await onTerminal(`stats ${queue}`);
    const { lines } = await redpost.run(['stats', queue]);

    expect(coloured.stdout).toContain('\x1b[31m1,234\x1b[39m');
    expect(plain.stdout).toMatch(/ 1,234 /);
    expect(plain.stdout).not.toContain('\x1b[');
    expect(lines).toMatchObject([{ dead: 1234 }]);
  });
});

describe('list', () => {
  it('prints queues with their numbers, a line for each', async () => {
    const queue = uniqueName();
    await redpost.run(['send', queue, '1', '2']);

    const { lines } = await redpost.run(['list']);

    const counts = { pending: 2, active: 0, delayed: 0, dead: 0, consumers: 0 };
    const found = (lines as { name: string }[]).find(({ name }) => name === queue);
    expect(found).toMatchObject({ kind: 'queue', name: queue, ...counts });
  });

  it('prints topics, their groups and who consumes', async () => {
    const [name, queue] = [uniqueName(), uniqueName()];
    const connection = connect(redpost.url);
    onTestFinished(() => connection.close());
    const topic = new Topic<number>(name, { connection, partitions: 2 });
    await topic.publish(1);
    topic.group('billing').consume(() => {});
    const working = redpost.start(['work', queue, '--exec', 'cat', '--concurrency', '4']);
    type Line = { name: string; kind: string; consumers?: number };
    const list = async (...options: string[]) =>
      (await redpost.run(['list', ...options])).lines as Line[];
    const of = (lines: Line[], its: string) => lines.filter((line) => line.name === its);

    await eventually(async () =>
      of(await list(), name).some(({ kind, consumers }) => kind === 'group' && consumers === 2),
    );
    expect(of(await list(), name)).toMatchObject([
      { kind: 'topic', pending: 1 },
      { kind: 'group', group: 'billing', pending: 0 },
    ]);
    await eventually(async () => of(await list('--consumers'), queue).length === 1);
    expect(of(await list('--consumers'), queue)).toMatchObject([
      { kind: 'queue', runs: 'consumeAll', concurrency: 4, pid: working.process.pid },
    ]);
    await topic.close();
    working.process.kill('SIGINT');
    await working.ended;
  });

  it('prints a table on a terminal', async () => {
    const queue = uniqueName();
    await redpost.run(['send', queue, '1']);
    const { stdout } = await onTerminal('list');
    expect(stdout).toMatch(/^NAME +KIND +PENDING +ACTIVE/);
    expect(stdout).toMatch(new RegExp(`${queue} +queue +1 +0 +0 +0 +0\\r\\n`));
  });
});

describe('peek', () => {
  it('prints the next messages, which stay', async () => {
    const queue = uniqueName();
    await redpost.run(['send', queue, '1', '2', '3']);

    const { lines } = await redpost.run(['peek', queue, '--count', '2']);

    expect(lines.map(({ body, attempt }) => [body, attempt])).toEqual([
      [1, 0],
      [2, 0],
    ]);
    expect(await redpost.redisCli('LLEN', queue)).toBe('3');
  });
});

describe('find and update', () => {
  it('prints where a message is, and changes one that waits', async () => {
    const queue = uniqueName();
    await redpost.run(['send', queue, '1', '--id', 'a', '--at', '2100-01-01T00:00:00Z']);

    const found = await redpost.run(['find', queue, 'a']);
    expect(found.lines).toMatchObject([
      { state: 'delayed', dueAt: '2100-01-01T00:00:00.000Z', id: 'a', body: 1, attempt: 0 },
    ]);
    const changes = ['--body', '2', '--delay', '0ms', '--priority', '9'];
    const updated = await redpost.run(['update', queue, 'a', ...changes]);
    expect(updated).toMatchObject({ code: 0, lines: [{ queue, id: 'a', result: 'updated' }] });
    expect((await redpost.run(['find', queue, 'a'])).lines).toMatchObject([
      { state: 'pending', body: 2, priority: 9 },
    ]);
    expect((await redpost.run(['update', queue, 'a'])).code).toBe(2);

    await redpost.run(['receive', queue]);
    expect(await redpost.run(['find', queue, 'a'])).toMatchObject({
      code: 1,
      stderr: `redpost: there is no such message in ${queue}\n`,
    });
    const gone = await redpost.run(['update', queue, 'a', '--body', '3']);
    expect(gone).toMatchObject({ code: 1, lines: [{ queue, id: 'a', result: 'gone' }] });
  });
});

describe('history and series', () => {
  it('are recorded where that was asked for, and printed', async () => {
    const queue = uniqueName();
    expect((await redpost.run(['history', queue])).stdout).toBe('');
    const on = await redpost.run(['history', queue, '--on', '--max-length', '50', '--bodies']);
    const week = 7 * 86_400_000;
    const settings = { maxLength: 50, maxAgeMs: week, bodies: true };
    expect(on.lines).toEqual([{ queue, history: settings }]);
    await redpost.run(['send', queue, '{"a":1}', '--id', 'a']);
    await redpost.run(['receive', queue]);

    const { lines } = await redpost.run(['history', queue, '--id', 'a']);
    expect(lines).toMatchObject([{ id: 'a', outcome: 'acked', attempts: 1, body: { a: 1 } }]);
    const series = await redpost.run(['series', queue]);
    expect(series.lines).toHaveLength(60);
    const acked = series.lines.reduce((sum, point) => sum + Number(point.acked), 0);
    expect(acked).toBe(1);
    expect((await onTerminal(`series ${queue}`)).stdout).toMatch(/^FROM +ACKED/);
    const off = await redpost.run(['history', queue, '--off']);
    expect(off.lines).toEqual([{ queue, history: 'off' }]);
    expect((await redpost.run(['history', queue, '--max-length', '5'])).code).toBe(2);
  });
});

describe('pause and resume', () => {
  it('nothing is handled until the queue is resumed, and people are told why', async () => {
    const queue = uniqueName();
    const working = redpost.start(['work', queue, '--exec', 'cat']);
    await redpost.run(['send', queue, '1']);
    await eventually(() => working.stdout.includes('1'));

    const paused = await redpost.run(['pause', queue, '--reason', 'mail is down', '--for', '1h']);
    expect(paused.code).toBe(0);
    const told = { since: expect.any(String), reason: 'mail is down', until: expect.any(String) };
    expect(paused.lines).toEqual([{ queue, paused: told }]);
    await eventually(() => working.stderr.includes('paused'));
    expect(working.stderr).toMatch(/the queue is paused until \d{4}-.*: mail is down/);
    await redpost.run(['send', queue, '2']);
    const { lines } = await redpost.run(['stats', queue]);
    expect(lines).toMatchObject([{ pending: 1, active: 0, consumers: 1, paused: told }]);
    expect((await onTerminal(`stats ${queue}`)).stdout).toMatch(/PAUSED .*\r\n.* until \d{4}-/);

    expect((await redpost.run(['resume', queue])).lines).toEqual([{ queue, resumed: true }]);
    await eventually(() => working.stdout.includes('2'));
    expect(working.stderr).toContain('the queue is no longer paused');
    expect((await redpost.run(['resume', queue])).lines).toEqual([{ queue, resumed: false }]);
    working.process.kill('SIGINT');
    await working.ended;
  });

  it('one consumer is paused by its name, says so, and goes on when it is resumed', async () => {
    const queue = uniqueName();
    const working = redpost.start(['work', queue, '--exec', 'cat']);
    const consumers = async () => {
      const { lines } = await redpost.run(['list', '--consumers']);
      return (lines as { name: string; consumer: string; paused?: object }[]).filter(
        ({ name }) => name === queue,
      );
    };
    const { consumer } = await eventually(async () => (await consumers())[0]);

    const paused = await redpost.run(['pause', queue, '--consumer', consumer, '--reason', 'slow']);
    const told = { since: expect.any(String), reason: 'slow' };
    expect(paused).toMatchObject({ code: 0, lines: [{ queue, consumer, paused: told }] });
    expect(await consumers()).toMatchObject([{ consumer, paused: told }]);
    expect((await redpost.run(['stats', queue])).lines).toMatchObject([{ pausedConsumers: 1 }]);
    expect((await onTerminal(`stats ${queue}`)).stdout).toContain('1 (1 paused)');
    await eventually(() => working.stderr.includes('this consumer of the queue is paused: slow'));

    const resumed = await redpost.run(['resume', queue, '--consumer', consumer]);
    expect(resumed.lines).toEqual([{ queue, consumer, resumed: true }]);
    await eventually(() => working.stderr.includes('of the queue is no longer paused'));
    const gone = await redpost.run(['pause', queue, '--consumer', 'nobody.30000']);
    expect(gone).toMatchObject({ code: 1, stdout: '' });
    expect(gone.stderr).toContain('has no consumer "nobody.30000"');
    working.process.kill('SIGINT');
    await working.ended;
  });

  it('those who receive from a paused queue are told once why nothing comes', async () => {
    const queue = uniqueName();
    await redpost.run(['pause', queue, '--reason', 'mail is down']);
    await redpost.run(['send', queue, '1']);
    const receiving = redpost.start(['receive', queue, '--follow']);
    await eventually(() => receiving.stderr.includes('the queue is paused: mail is down'));
    await redpost.run(['dead', 'bounds', queue, '--max-length', '5']);
    await redpost.run(['resume', queue]);
    await eventually(() => receiving.stdout.includes('"body":1'));
    expect(receiving.stderr.match(/paused/g)).toHaveLength(2);
    expect(receiving.stderr).toContain('the queue is no longer paused');
    receiving.process.kill('SIGINT');
    await receiving.ended;

    await redpost.run(['pause', queue]);
    const { code, stderr } = await redpost.run(['receive', queue, '--timeout', '500ms']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'redpost: the queue is paused\n' });
  });

  it.each([
    [['--until', '2020-01-01'], 'is past', 2],
    [['--until', 'tomorrow'], '2030-01-31T12:00:00Z', 2],
    [['--for', 'long'], 'a duration', 2],
    [['--for', '1h', '--until', '2030-01-01'], 'cannot be used with', 2],
    [['--consumer', 'x.30000', '--key', 'a'], 'cannot be used with', 2],
    [['--consumer', 'x.30000', '--for', '1h'], 'cannot be used with', 2],
  ])('refuses %j', async (options, message, code) => {
    const queue = uniqueName();
    const refused = await redpost.run(['pause', queue, ...options]);
    expect(refused).toMatchObject({ code, stdout: '' });
    expect(refused.stderr).toContain(message);
    expect(await redpost.redisCli('EXISTS', `{${queue}}:shape`)).toBe('0');
  });
});

describe('limits', () => {
  it('are set, shown and cleared, and those that are not named stay', async () => {
    const queue = uniqueName();
    const limits = async (...options: string[]) => {
      const { code, lines, stderr } = await redpost.run(['limits', queue, ...options]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      return (lines as { limits: object }[])[0]?.limits;
    };
    expect(await limits()).toEqual({});
    const rate = { max: 50, perMs: 1000, burst: 0 };
    expect(await limits('--rate', '50/1s')).toEqual({ rate });
    expect(await limits('--concurrency', '20')).toEqual({ rate, concurrency: 20 });
    expect(await limits('--burst', '5')).toEqual({ rate: { ...rate, burst: 5 }, concurrency: 20 });
    const { stdout } = await onTerminal(`limits ${queue}`);
    expect(stdout).toMatch(/^QUEUE +RATE +BURST +CONCURRENCY\r\n\S+ +50\/1s +5 +20\r\n$/);
    const { lines } = await redpost.run(['stats', queue]);
    expect(lines).toMatchObject([{ limits: { concurrency: 20 } }]);
    expect(await limits('--rate', '3/90s')).toMatchObject({
      rate: { max: 3, perMs: 90_000, burst: 0 },
    });
    expect(await limits('--rate', 'none')).toEqual({ concurrency: 20 });
    expect(await limits('--clear')).toEqual({});
  });

  it.each([
    [['--rate', '50'], 'such as 50/1s', 2],
    [['--rate', '0/1s'], 'such as 50/1s', 2],
    [['--concurrency', '0'], 'a whole number', 2],
    [['--burst', '5'], 'give --rate with --burst', 2],
    [['--clear', '--concurrency', '5'], 'cannot be used with', 2],
  ])('refuses %j', async (options, message, code) => {
    const queue = uniqueName();
    const refused = await redpost.run(['limits', queue, ...options]);
    expect(refused).toMatchObject({ code, stdout: '' });
    expect(refused.stderr).toContain(message);
    expect(await redpost.redisCli('EXISTS', `{${queue}}:shape`)).toBe('0');
  });
});

describe('purge', () => {
  it('deletes pending and delayed messages after confirmation', async () => {
    const queue = uniqueName();
    await redpost.run(['send', queue, '1', '2']);
    await redpost.run(['send', queue, '3', '--delay', '1h']);

    const unsure = await redpost.run(['purge', queue]);
    expect(unsure).toMatchObject({ code: 2, stdout: '' });
    expect(unsure.stderr).toContain('--yes');

    const sure = await redpost.run(['purge', queue, '--yes']);
    expect(sure.lines).toEqual([{ queue, pending: 2, delayed: 1 }]);
    expect(await redpost.redisCli('LLEN', queue)).toBe('0');
  });

  it('asks on a terminal, and takes anything but a yes for a no', async () => {
    const queue = uniqueName();
    await redpost.run(['send', queue, '1']);

    const no = await onTerminal(`purge ${queue}`, '\\n');
    expect(no.stdout).toContain(`Delete 1 pending and 0 delayed messages of ${queue}? [y/N]`);
    expect(no.code).toBe(1);
    expect(await redpost.redisCli('LLEN', queue)).toBe('1');

    const yes = await onTerminal(`purge ${queue}`, 'y\\n');
    expect(yes.code).toBe(0);
    expect(await redpost.redisCli('LLEN', queue)).toBe('0');
  });
});

describe.each(['purge', 'destroy'])('%s of many keys', (command) => {
  it('ends at Ctrl-C, and tells what it has deleted and what is left', async () => {
    const queue = uniqueName();
    const connection = connect(redpost.url);
    onTestFinished(() => connection.close());
    const many = new Queue<number>(queue, { connection });
    const keys = Array.from({ length: 20_000 }, (_, n) => ({ body: n, key: `key ${n}` }));
    await many.sendBatch(keys);
    await many.close();

    const purging = redpost.start([command, queue, '--yes']);
    await eventually(async () => Number((await many.stats()).pending) < 20_000);
    purging.process.kill('SIGINT');
    const { code, lines, stderr } = await purging.ended;

    const { pending: left } = await many.stats();
    expect(lines).toMatchObject([{ queue, pending: 20_000 - left, delayed: 0 }]);
    if (left > 0) {
      expect(code).toBe(130);
      expect(stderr).toContain(`interrupted: deleted ${(20_000 - left).toLocaleString('en-US')} `);
      expect(stderr).toMatch(
        new RegExp(`, ${left.toLocaleString('en-US')} (pending and 0 delayed )?messages (and|are)`),
      );
    }
  });
});

describe('destroy', () => {
  it('deletes a queue with all its keys, when it is sure', async () => {
    const queue = await bury('1');
    await redpost.run(['send', queue, '2']);

    const unsure = await redpost.run(['destroy', queue]);
    expect(unsure).toMatchObject({ code: 2, stdout: '' });
    expect(unsure.stderr).toContain('--yes');
    expect(await redpost.redisCli('LLEN', queue)).toBe('1');

    const sure = await redpost.run(['destroy', queue, '--yes']);
    expect(sure.lines).toEqual([{ queue, pending: 1, active: 0, delayed: 0, dead: 1 }]);
    expect(await redpost.redisCli('KEYS', `*${queue}*`)).toBe('');
  });

  it('asks on a terminal, and takes anything but a yes for a no', async () => {
    const queue = uniqueName();
    await redpost.run(['send', queue, '1']);

    const no = await onTerminal(`destroy ${queue}`, '\\n');
    const counts = '1 pending, 0 active, 0 delayed, 0 dead';
    expect(no.stdout).toContain(`Delete ${queue} with its messages (${counts})? [y/N]`);
    expect(no.code).toBe(1);
    expect(await redpost.redisCli('LLEN', queue)).toBe('1');

    const yes = await onTerminal(`destroy ${queue}`, 'y\\n');
    expect(yes.code).toBe(0);
    expect(await redpost.redisCli('LLEN', queue)).toBe('0');
  });
});

describe('dead', () => {
  it('lists dead letters page by page', async () => {
    const queue = await bury('1', '2');

    const small = await redpost.run(['dead', 'list', queue, '--max-body-bytes', '0']);
    expect(small.lines[0]).toMatchObject({ bodyBytes: expect.any(Number) });
    expect(small.lines[0]).not.toHaveProperty('body');
    const first = await redpost.run(['dead', 'list', queue, '--count', '1']);
    expect(first.lines).toMatchObject([{ body: 1, reason: 'failed', error: 'exit code 1' }]);
    expect(first.stderr).toContain('2 in all');

    const after = String(first.lines[0]?.entry);
    const second = await redpost.run(['dead', 'list', queue, '--after', after]);
    expect(second.lines).toMatchObject([{ body: 2 }]);
  });

  it('sends one of them again, or all', async () => {
    const queue = await bury('1', '2');
    const [first] = (await redpost.run(['dead', 'list', queue])).lines;

    const one = await redpost.run(['dead', 'redrive', queue, '--entry', String(first?.entry)]);
    expect(one.lines).toEqual([{ queue, redriven: 1 }]);
    const rest = await redpost.run(['dead', 'redrive', queue]);
    expect(rest.lines).toEqual([{ queue, redriven: 1 }]);

    const received = await redpost.run(['receive', queue, '--count', '2']);
    expect(received.lines).toMatchObject([
      { body: 1, attempt: 1 },
      { body: 2, attempt: 1 },
    ]);
  });

  it('names those of a queue with partitions by entries of another form', async () => {
    const queue = uniqueName();
    const connection = connect(redpost.url);
    onTestFinished(() => connection.close());
    const divided = new Queue<number>(queue, { connection, partitions: 2 });
    const added = Array.from({ length: 4 }, (_, body) => ({ body, key: `k${body}` }));
    const entries = (await divided.deadLetters.add(added)).map(String);
    await divided.close();
    expect(entries.every((entry) => /@[01]$/.test(entry))).toBe(true);

    const listed = await redpost.run(['dead', 'list', queue, '--count', '3']);
    const rest = ['--after', String(listed.lines[2]?.entry)];
    const last = await redpost.run(['dead', 'list', queue, ...rest]);
    const told = [...listed.lines, ...last.lines].map(({ entry }) => entry);
    expect(told.sort()).toEqual([...entries].sort());

    const [first = '', second = '', third = '', fourth = ''] = entries;
    const shown = await redpost.run(['dead', 'show', queue, first]);
    expect(shown.lines).toMatchObject([{ entry: first, body: 0 }]);
    const edited = await redpost.run(['dead', 'edit', queue, second, '10']);
    expect(edited.lines).toEqual([{ queue, redriven: 1 }]);
    const redriven = await redpost.run(['dead', 'redrive', queue, '--entry', third]);
    expect(redriven.lines).toEqual([{ queue, redriven: 1 }]);
    const purged = await redpost.run(['dead', 'purge', queue, '-y', '--entry', fourth]);
    expect(purged.lines).toEqual([{ queue, purged: 1 }]);
    const missing = await redpost.run(['dead', 'redrive', queue, '--entry', `${first}0`]);
    expect(missing.code).toBe(1);
  });

  it('groups them by reason and error, shows one, and sends those of a filter again', async () => {
    const queue = await bury('1', '2');
    const groups = await redpost.run(['dead', 'groups', queue]);
    expect(groups.lines).toMatchObject([{ reason: 'failed', error: 'exit code <n>', count: 2 }]);
    const { fingerprint, sample } = groups.lines[0] as {
      fingerprint: string;
      sample: { entry: string };
    };
    const shown = await redpost.run(['dead', 'show', queue, sample.entry, '1-1']);
    expect(shown.lines).toMatchObject([{ body: 2, consumer: expect.any(String) }]);
    expect(shown.code).toBe(1);
    expect((await onTerminal(`dead groups ${queue}`)).stdout).toMatch(/^REASON +COUNT/);

    const redrive = (...options: string[]) => redpost.run(['dead', 'redrive', queue, ...options]);
    expect((await redrive('--filter', 'error=other')).lines).toEqual([{ queue, redriven: 0 }]);
    expect((await redrive('--filter', 'until=2020-01-01')).lines).toEqual([{ queue, redriven: 0 }]);
    const edited = await redpost.run(['dead', 'edit', queue, sample.entry, '3']);
    expect(edited.lines).toEqual([{ queue, redriven: 1 }]);
    const to = await redrive('--filter', `fingerprint=${fingerprint}`, '--to', `${queue}-other`);
    expect(to.lines).toEqual([{ queue, redriven: 1 }]);

    expect((await redpost.run(['receive', queue])).lines).toMatchObject([{ body: 3 }]);
    expect((await redpost.run(['receive', `${queue}-other`])).lines).toMatchObject([{ body: 1 }]);
    expect((await redrive('--filter', 'what=x')).code).toBe(2);
  });

  it('tells how far a redrive has come, also when it is interrupted', async () => {
    const queue = await buryMany(1500);

    const redriving = redpost.start(['dead', 'redrive', queue, '--rate', '100', '--yes']);
    await eventually(() => /redriven \d+ of 1,500/.test(redriving.stderr));
    redriving.process.kill('SIGINT');
    const { code, lines, stderr } = await redriving.ended;

    expect(code).toBe(130);
    const left = Number(await redpost.redisCli('XLEN', `{${queue}}:dead`));
    const redriven = 1500 - left;
    expect(lines).toEqual([{ queue, redriven }]);
    expect(stderr.trimEnd().split('\n').at(-1)).toBe(
      `redpost: interrupted: redriven ${redriven.toLocaleString('en-US')} of 1,500`,
    );
  });

  it('on a terminal, the last word on how far it is gives way to what is printed', async () => {
    const queue = await buryMany(150);

    const { stdout } = await onTerminal(`dead redrive ${queue} --rate 50 --yes`);

    const lines = stdout.split('\r\n');
    expect(lines[0]).toMatch(/^redpost: redriven \d+ of 150/);
    expect(lines[0]?.split('\r\x1b[K').at(-1)).toBe(JSON.stringify({ queue, redriven: 150 }));
    expect(lines[1]).toMatch(/^redpost: redriven 150 of 150, after \d/);
  });

  it('asks before more than a hundred are sent again, and counts those that a filter means', async () => {
    const queue = await buryMany(101);
    const redrive = (...options: string[]) => redpost.run(['dead', 'redrive', queue, ...options]);

    expect(await redrive()).toMatchObject({
      code: 2,
      stdout: '',
      stderr: `redpost: this sends 101 dead letters of ${queue} again: confirm it with --yes\n`,
    });
    const no = await onTerminal(`dead redrive ${queue} --filter reason=failed`, '\\n');
    expect(no.stdout).toContain(`Send 101 dead letters of ${queue} again? [y/N]`);
    expect(no.code).toBe(1);
    expect((await redrive('--filter', 'reason=other')).lines).toEqual([{ queue, redriven: 0 }]);
    expect(await redpost.redisCli('XLEN', `{${queue}}:dead`)).toBe('101');

    expect((await redrive('--yes')).lines).toEqual([{ queue, redriven: 101 }]);
  });

  it('deletes one dead letter, or all, after confirmation', async () => {
    const queue = await bury('1', '2', '3');
    const [first] = (await redpost.run(['dead', 'list', queue])).lines;
    expect(await redpost.run(['dead', 'purge', queue])).toMatchObject({ code: 2, stdout: '' });

    const one = await redpost.run(['dead', 'purge', queue, '-y', '--entry', String(first?.entry)]);
    const rest = await redpost.run(['dead', 'purge', queue, '-y']);

    expect(one.lines).toEqual([{ queue, purged: 1 }]);
    expect(rest.lines).toEqual([{ queue, purged: 2 }]);
  });

  it('shows and sets the bounds, and deletes what is above them', async () => {
    const queue = await bury('1', '2', '3');
    const bounds = (...options: string[]) => redpost.run(['dead', 'bounds', queue, ...options]);

    expect((await bounds()).lines).toEqual([{ queue, maxLength: null, maxAgeMs: null }]);
    const set = await bounds('--max-length', '2', '--max-age', '30d');
    expect(set.lines).toEqual([{ queue, maxLength: 2, maxAgeMs: 30 * 86_400_000 }]);
    expect((await bounds()).lines).toEqual(set.lines);
    const letters = await redpost.run(['dead', 'list', queue]);
    expect(letters.lines.map(({ body }) => body)).toEqual([2, 3]);
    expect((await redpost.run(['stats', queue])).lines).toMatchObject([{ total: { trimmed: 1 } }]);

    const half = await bounds('--max-length', 'none');
    expect(half.lines).toEqual([{ queue, maxLength: null, maxAgeMs: 90 * 86_400_000 }]);
    await bounds('--max-length', 'none', '--max-age', 'none');
    expect(await redpost.redisCli('EXISTS', `{${queue}}:shape`)).toBe('0');
    expect((await bounds('--max-length', '0')).code).toBe(2);
  });

  it('exits with 1 for an entry that does not exist, and with 2 for an invalid one', async () => {
    const missing = await redpost.run(['dead', 'redrive', 'none', '--entry', '1-1']);
    const impossible = await redpost.run(['dead', 'redrive', 'none', '--entry', 'x']);

    expect(missing).toMatchObject({ code: 1, stderr: 'redpost: 1 of 1 entry not found\n' });
    expect(impossible.code).toBe(2);
  });
});

describe('partitions', () => {
  it('divides a queue that has messages, and shows its lists', async () => {
    const queue = uniqueName();
    await redpost.run(['send', queue, '1', '2', '3']);
    const divided = await redpost.run(['partitions', 'set', queue, '2']);
    await redpost.run(['send', queue, '4']);
    const shown = await redpost.run(['partitions', 'show', queue]);
    const table = await onTerminal(`partitions show ${queue}`);

    expect(divided.code).toBe(0);
    expect(divided.lines).toMatchObject([{ queue, count: 2, isMoving: false }]);
    const [{ lists = [] } = {}] = shown.lines as { lists?: { list: string; pending: number }[] }[];
    expect(lists).toHaveLength(3);
    expect(lists[0]).toMatchObject({ list: queue, pending: 3 });
    expect(lists.reduce((sum, { pending }) => sum + pending, 0)).toBe(4);
    expect(table.stdout).toMatch(/^LIST +PENDING +ACTIVE +DELAYED +DEAD\r\n/);
    expect(table.stdout).toMatch(/2 partitions\r\n$/);
    expect((await redpost.run(['stats', queue])).lines).toMatchObject([
      { partitions: 2, pending: 4 },
    ]);
    const received = await redpost.run(['receive', queue, '--count', '4']);
    expect(received.lines).toHaveLength(4);
  });

  it('refuses what is no number of partitions', async () => {
    for (const count of ['0', '129', 'many', '1.5']) {
      const { code, stderr } = await redpost.run(['partitions', 'set', uniqueName(), count]);
      expect([code, stderr]).toEqual([2, expect.stringMatching(/partitions/)]);
    }
  });
});
