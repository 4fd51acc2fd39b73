import { describe, expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { uniqueName, useRedpost } from './support/redpost.js';

const redpost = useRedpost();

const stats = async (queue: string) => (await redpost.run(['stats', queue])).lines[0];

describe('receive', () => {
  it('prints one message, acknowledges it and leaves the others', async () => {
    const queue = uniqueName();
    await redpost.run(['send', queue, '{"n":1}', '{"n":2}', '--header', 'trace=x']);

    const { code, lines, stderr } = await redpost.run(['receive', queue]);

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(lines).toEqual([
      {
        id: expect.any(String),
        body: { n: 1 },
        attempt: 1,
        sentAt: expect.stringMatching(/^\d{4}-.*Z$/),
        headers: { trace: 'x' },
      },
    ]);
    expect(await stats(queue)).toMatchObject({ pending: 1, active: 0, total: { acked: 1 } });
  });

  it('prints any element that redis-cli has pushed', async () => {
    const queue = uniqueName();
    await redpost.redisCli('LPUSH', queue, 'hello', '{"a":\n1}');
    await redpost.run(['send', queue, '--bare', '--codec', 'base64', '//4=']);

    const { lines } = await redpost.run(['receive', queue, '--count', '3']);

    expect(lines).toMatchObject([
      { body: 'hello' },
      { body: { a: 1 } },
      { body: '//4=', encoding: 'base64' },
    ]);
    expect(await stats(queue)).toMatchObject({ pending: 0, active: 0, dead: 0 });
  });

  it('prints bodies as text or base64 when asked to', async () => {
    const queue = uniqueName();
    await redpost.run(['send', queue, '{"a":1}', '{"a":2}']);

    const asText = await redpost.run(['receive', queue, '--codec', 'text']);
    const asBase64 = await redpost.run(['receive', queue, '--codec', 'base64']);

    expect(asText.lines).toMatchObject([{ body: '{"a":1}' }]);
    expect(asBase64.lines).toMatchObject([{ body: Buffer.from('{"a":2}').toString('base64') }]);
  });

  it('exits with 0 and prints nothing when no message comes in time', async () => {
    expect(await redpost.run(['receive', uniqueName(), '--timeout', '50ms'])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: '',
    });
  });

  it('takes all there is, without waiting, with a timeout of 0', async () => {
    const queue = uniqueName();
    await redpost.run(['send', queue, '1', '2', '3']);

    const { lines } = await redpost.run(['receive', queue, '--count', '100', '--timeout', '0']);

    expect(lines.map(({ body }) => body)).toEqual([1, 2, 3]);
  });

  it('waits for a message that comes later', async () => {
    const queue = uniqueName();
    const receiving = redpost.start(['receive', queue, '--timeout', '15s']);
    await eventually(async () => (await stats(queue))?.consumers === 1);

    await redpost.redisCli('LPUSH', queue, '"late"');

    expect((await receiving.ended).lines).toMatchObject([{ body: 'late' }]);
  });

  it('follows until Ctrl-C, and exits with 0', async () => {
    const queue = uniqueName();
    const following = redpost.start(['receive', queue, '--follow']);
    for (const body of ['1', '2']) {
      await redpost.run(['send', queue, body]);
      await eventually(() => following.stdout.includes(`"body":${body},`));
    }

    following.process.kill('SIGINT');

    expect((await following.ended).code).toBe(0);
    expect(await stats(queue)).toMatchObject({ pending: 0, active: 0, consumers: 0 });
  });

  it('exits with 130 when Ctrl-C comes before its message', async () => {
    const queue = uniqueName();
    const receiving = redpost.start(['receive', queue, '--timeout', '15s']);
    await eventually(async () => (await stats(queue))?.consumers === 1);

    receiving.process.kill('SIGINT');

    expect((await receiving.ended).code).toBe(130);
  });

  type Numbers = { pending: number; active: number; total: { acked: number } };
  const receivedBy = async (reader: string, count: number) => {
    const queue = uniqueName();
    await redpost.shell(`seq ${count} | redpost send '${queue}' -q`);
    const { code, stdout, stderr } = await redpost.shell(
      `redpost receive '${queue}' --follow | ${reader}; exit \${PIPESTATUS[0]}`,
    );
    const { pending, active, total } = (await stats(queue)) as Numbers;
    expect({ code, stderr, active }).toEqual({ code: 0, stderr: '', active: 0 });
    expect(pending + total.acked).toBe(count);
    return { printed: stdout.split('\n').length - 1, acked: total.acked };
  };

  it('acknowledges what its reader took before it ended, and returns what is left in the pipe', async () => {
    expect(await receivedBy('head -1', 100)).toEqual({ printed: 1, acked: 1 });
    // It has read a few lines more, at most: none of them is acknowledged.
    const { printed, acked } = await receivedBy('head -50', 20_000);
    expect(printed).toBe(50);
    expect(acked).toBeGreaterThan(0);
    expect(acked).toBeLessThanOrEqual(50);
  });

  it.each([
    ['at once', 'true'],
    ['while messages are in the pipe', 'timeout 0.4 sleep 5'],
  ])('acknowledges nothing for a reader that ends %s without reading', async (_, reader) => {
    expect(await receivedBy(reader, 2000)).toEqual({ printed: 0, acked: 0 });
  });

  it('acknowledges what waits in the pipe of a reader that goes on', async () => {
    const queue = uniqueName();
    await redpost.run(['send', queue, '1', '2', '3']);
    const following = redpost.start(['receive', queue, '--follow']);

    await eventually(async () => ((await stats(queue)) as Numbers).total.acked === 3);

    following.process.kill('SIGINT');
    expect((await following.ended).lines).toHaveLength(3);
  });

  it('does not acknowledge a message that could not be printed', async () => {
    const queue = uniqueName();
    await redpost.run(['send', queue, '1']);

    const { code, stderr } = await redpost.shell(
      `exec 3> >(exec true); wait $!; redpost receive '${queue}' >&3`,
    );

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await stats(queue)).toMatchObject({ pending: 1, active: 0, total: { acked: 0 } });
  });

  it('brings back ten thousand lines to the letter and in order', async () => {
    const queue = uniqueName();
    const bodies = Array.from({ length: 10_000 }, (_, n) => `{"n":${n},"text":"ü 🙂 \\" \\u0000"}`);
    const input = `${bodies.join('\n')}\n`;

    const sent = await redpost.run(['send', queue], { input });
    const got = await redpost.run(['receive', queue, '-n', '10000']);

    expect(sent.lines.map(({ id }) => id)).toEqual(got.lines.map(({ id }) => id));
    const printed = got.stdout
      .split('\n')
      .map((line) => /"body":(\{.*?\}),"attempt"/.exec(line)?.[1]);
    expect(printed.slice(0, -1)).toEqual(bodies);
    expect(await stats(queue)).toMatchObject({ pending: 0, active: 0, total: { acked: 10_000 } });
  });
});
