import { connect } from '@redpost/core';
import { Queue } from '@redpost/queue';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { uniqueName, useRedpost } from './support/redpost.js';

const redpost = useRedpost();

/** A queue whose handlers sum up numbers, and throw for anything else. */
function summing(name: string): Queue<number[]> {
  const connection = connect(redpost.url);
  const queue = new Queue<number[]>(name, { connection });
  const consumer = queue.consume(
    (delivery) => {
      delivery.progress('half');
      return delivery.body.reduce((a, b) => a + b, 0);
    },
    { maxAttempts: 1 },
  );
  consumer.on('failed', () => {});
  onTestFinished(async () => {
    await queue.close();
    await connection.close();
  });
  return queue;
}

describe('request', () => {
  it('prints what the handler has returned', async () => {
    const name = uniqueName();
    summing(name);
    const { code, stdout } = await redpost.run(['request', name, '[1,2,3]']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '6\n' });
  });

  it('exits with 1 and one line when the handler fails, or nothing comes in time', async () => {
    const name = uniqueName();
    const none = await redpost.run(['request', name, '[1]', '--timeout', '50ms']);
    expect(none.code).toBe(1);
    expect(none.stderr).toMatch(
      /^redpost: The request \S+ to the queue .* had no answer within 50 ms\n$/,
    );
    summing(name);
    const failed = await redpost.run(['request', name, '7']);
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain('is not a function');
  });

  it('says what is left when it is interrupted', async () => {
    const name = uniqueName();
    const waiting = redpost.start(['request', name, '[1]', '--timeout', '1m']);
    await eventually(async () => {
      const { lines } = await redpost.run(['stats', name]);
      return (lines[0] as { pending: number }).pending === 1;
    });
    waiting.process.kill('SIGINT');
    expect((await waiting.ended).code).toBe(130);
    expect(waiting.stderr).toContain('without an answer: the message may still be handled');
  });
});

describe('result and cancel', () => {
  it('tells how a message is, waits for its end and follows it', async () => {
    const name = uniqueName();
    const [sent] = (await redpost.run(['send', name, '[4,5]', '--keep-result', '1h'])).lines as {
      id: string;
    }[];
    const id = sent?.id as string;
    expect((await redpost.run(['result', name, id])).lines).toEqual([
      { id, state: 'pending', attempt: 0 },
    ]);
    const following = redpost.start(['result', name, id, '--follow']);
    await eventually(() => following.stdout.includes('pending'));
    summing(name);
    const { code, lines } = await redpost.run(['result', name, id, '--wait', '10s']);
    expect(code).toBe(0);
    expect(lines).toMatchObject([{ id, state: 'done', attempt: 1, value: 9 }]);
    expect((await following.ended).code).toBe(0);
    expect(following.stdout).toContain('"value":9');
  });

  it('takes an id that begins with a dash behind two dashes, and says so', async () => {
    const name = uniqueName();
    await redpost.run(['send', name, '1', '--id', '-7x', '--keep-result', '1h']);
    const refused = await redpost.run(['result', name, '-7x']);
    expect(refused.stderr).toContain("unknown option '-7x' (-- before what is no option)");
    expect((await redpost.run(['result', name, '--', '-7x'])).lines).toMatchObject([{ id: '-7x' }]);
  });

  it('cancels messages, and exits with 1 when one was gone', async () => {
    const name = uniqueName();
    await redpost.run(['send', name, '1', '--id', 'a', '--keep-result', '1h']);
    const { code, lines } = await redpost.run(['cancel', name, 'a', 'b', '--reason', 'why']);
    expect(code).toBe(1);
    expect(lines).toEqual([
      { queue: name, id: 'a', result: 'removed' },
      { queue: name, id: 'b', result: 'gone' },
    ]);
    const result = await redpost.run(['result', name, 'a']);
    expect(result.code).toBe(1);
    expect(result.lines).toMatchObject([
      { state: 'cancelled', error: expect.stringContaining('why') },
    ]);
    const unknown = await redpost.run(['result', name, 'b']);
    expect(unknown).toMatchObject({ code: 1, stdout: '' });
  });
});
