import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { uniqueName, useRedpost } from './support/redpost.js';

const redpost = useRedpost();

const schedule = (verb: string, ...args: string[]) => redpost.run(['schedule', verb, ...args]);

it('schedule set, list, next and remove', async () => {
  const queue = uniqueName();
  const options = ['--cron', '30 2 * * *', '--tz', 'Europe/Berlin', '--from', '2090-03-26'];
  const set = await schedule('set', queue, 'daily', '{"kind": "daily"}', ...options);
  const same = await schedule('set', queue, 'daily', '{"kind": "daily"}', ...options);
  const more = ['--every', '1d', '--limit', '3', '--overlap', 'skip', '--header', 'trace=1'];
  more.push('--timeout', '30s', '--keep-result', '1h');
  const other = await schedule('set', queue, 'every day', 'hi', '--codec', 'text', ...more);
  const list = await schedule('list', queue);
  const next = await schedule('next', queue, 'daily', '--count', '2');
  const table = await redpost.onTerminal(`schedule list ${queue}`);
  const stats = await redpost.run(['stats', queue]);

  expect(set.lines).toEqual([
    {
      queue,
      schedule: 'daily',
      body: { kind: 'daily' },
      next: '2090-03-26T01:00:00.000Z',
      ticks: 0,
      isPaused: false,
      cron: '30 2 * * *',
      timeZone: 'Europe/Berlin',
      from: '2090-03-26T00:00:00.000Z',
      missed: 'one',
      overlap: 'allow',
      jitterMs: 0,
    },
  ]);
  expect(same.lines).toEqual(set.lines);
  expect(other.lines).toMatchObject([
    {
      ...{ body: 'hi', everyMs: 86_400_000, limit: 3, overlap: 'skip', headers: { trace: '1' } },
      ...{ timeoutMs: 30_000, keepResultMs: 3_600_000 },
    },
  ]);
  expect(list.lines).toMatchObject([set.lines[0], { schedule: 'every day', body: 'hi' }]);
  expect(next.lines).toEqual([
    { queue, schedule: 'daily', at: '2090-03-26T01:00:00.000Z' },
    { queue, schedule: 'daily', at: '2090-03-27T00:30:00.000Z' },
  ]);
  expect(table.stdout).toMatch(
    /^SCHEDULE +TICKS AT +NEXT +LAST +TICKS\r\ndaily +30 2 \* \* \* Europe\/Berlin +2090-03-26T01:00:00Z +- +0\r\n"every day" +every 1d +20\S+ +- +0 of 3/,
  );
  expect(stats.lines).toMatchObject([{ schedules: 2 }]);
  const removed = await schedule('remove', queue, 'daily');
  const gone = await schedule('remove', queue, 'daily');
  expect(removed).toMatchObject({ code: 0, lines: [{ queue, schedule: 'daily', removed: true }] });
  expect(gone).toMatchObject({ code: 1, lines: [{ removed: false }] });
  expect(gone.stderr).toContain('"daily"');
});

it('schedule pause, resume and run; work sends the messages of ticks', async () => {
  const queue = uniqueName();
  await schedule('set', queue, 's', '1', '--every', '200ms', '--overlap', 'skip');
  const paused = await schedule('pause', queue, 's');
  const again = await schedule('pause', queue, 's');
  const ran = await schedule('run', queue, 's');
  const refused = await schedule('run', queue, 's');
  expect(paused).toMatchObject({ code: 0, lines: [{ paused: true }] });
  expect(again).toMatchObject({ code: 1, lines: [{ paused: false }] });
  expect(ran.lines).toEqual([{ queue, schedule: 's', id: expect.stringMatching(/^s@run-/) }]);
  expect(refused).toMatchObject({ code: 1, lines: [] });
  expect(refused.stderr).toContain('not done');

  const work = redpost.start(['work', queue, '--exec', 'cat']);
  expect(await schedule('resume', queue, 's')).toMatchObject({ lines: [{ resumed: true }] });
  await eventually(async () => {
    const [found] = (await schedule('list', queue)).lines;
    return Number(found?.ticks) >= 2;
  });
  work.process.kill('SIGTERM');
  expect((await work.ended).code).not.toBe(1);
});

it('scheduler sends the messages of schedules of queues without a consumer, until SIGTERM', async () => {
  const queues = [uniqueName(), uniqueName()];
  for (const queue of queues)
    await schedule('set', queue, 's', '1', '--every', '20ms', '--limit', '3');
  const scheduler = redpost.start(['scheduler', ...queues]);
  await eventually(async () => {
    const { lines } = await redpost.run(['stats', ...queues]);
    return lines.every(({ pending }) => pending === 3);
  });
  scheduler.process.kill('SIGTERM');
  const { code, stderr } = await scheduler.ended;
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: `redpost: sending the messages of schedules in ${queues.join(', ')}; Ctrl-C stops\n`,
  });
});

it('schedule says what is wrong with its input', async () => {
  const queue = uniqueName();
  const wrong: [RegExp, string[]][] = [
    [/--cron.*--every/, ['set', queue, 's', '1']],
    [/cron is a pattern/, ['set', queue, 's', '1', '--cron', '5/15 * * * *']],
    [/time zone/, ['set', queue, 's', '1', '--cron', '@daily', '--tz', 'Mars/Base']],
    [/is not JSON/, ['set', queue, 's', 'x y', '--every', '1s']],
    [/cannot be used with option/, ['set', queue, 's', '1', '--every', '1s', '--cron', '@daily']],
    [/has no schedule/, ['next', queue, 's']],
    [/has no schedule/, ['pause', queue, 's']],
  ];
  for (const [message, args] of wrong) {
    const { code, stderr } = await redpost.run(['schedule', ...args]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(message) });
  }
});
