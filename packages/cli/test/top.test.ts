import { spawn } from 'node:child_process';
import { connect } from '@redpost/core';
import { Queue } from '@redpost/queue';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { bin, uniqueName, useRedpost } from './support/redpost.js';

const redpost = useRedpost();

/** Runs top on a terminal, as `script` makes one, and shows its last page. */
function startTop() {
  const command = `stty cols 100 rows 12; exec '${process.execPath}' '${bin}' top -i 100ms`;
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    env: { ...process.env, REDIS_URL: redpost.url, NO_COLOR: '1' },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    output += chunk;
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  return {
    ended,
    output: () => output,
    page: () => output.split('\x1b[H').at(-1) ?? '',
    press: (keys: string) => child.stdin.write(keys),
  };
}

it('top shows queues, opens and pauses one, and says how old its numbers are', async () => {
  // Short enough for its column.
  const name = uniqueName().slice(0, 20);
  const connection = connect(redpost.url);
  onTestFinished(() => connection.close());
  const queue = new Queue<number>(name, { connection });
  await queue.sendBatch([{ body: 41 }, { body: 42 }]);
  const top = startTop();

  await eventually(() =>
    new RegExp(`${name} +2 +0 +0 +0( +[-.\\d]+){2} +[.\\d]+s +0`).test(top.page()),
  );
  top.press('\r');
  await eventually(() => /2 pending, 0 active[\s\S]*attempts 0 {2}41/.test(top.page()));
  top.press('p');
  await eventually(() => top.page().includes(`Pause ${name} for all its consumers? y/n`));
  top.press('y');
  await eventually(() => top.page().includes('paused: by redpost top'));
  expect((await queue.stats()).paused).toMatchObject({ reason: 'by redpost top' });
  top.press('\x1b');
  await eventually(() => new RegExp(`${name}.* paused`).test(top.page()));

  top.press('/nosuch');
  await eventually(() => top.page().includes('no queue or consumer group'));
  top.press('\x1b');
  await redpost.redisCli('CLIENT', 'PAUSE', '2000');
  await eventually(() => /numbers are \d+ s old/.test(top.page()));
  await eventually(() => /numbers are/.test(top.page()) === false && top.page().includes(name));

  top.press('\x03');
  expect(await top.ended).toBe(0);
  // The screen of its own, and the one before it, with its cursor.
  expect(top.output().startsWith('\x1b[?1049h')).toBe(true);
  expect(top.output().endsWith('\x1b[?25h\x1b[?1049l')).toBe(true);
});

it('top needs a terminal', async () => {
  expect(await redpost.run(['top'])).toMatchObject({ code: 2, stdout: '' });
});

it('stats --watch prints again and again, and ends with its reader', async () => {
  const { stdout, stderr } = await redpost.shell(
    `redpost stats q --watch --interval 100ms | head -2; exit \${PIPESTATUS[0]}`,
  );

  expect(stderr).toBe('');
  const lines = stdout.trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { at: expect.stringMatching(/Z$/), queue: 'q', pending: 0 },
    { queue: 'q', pending: 0 },
  ]);
});
