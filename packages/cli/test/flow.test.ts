import { connect } from '@redpost/core';
import { Flow, type FlowOptions, Queue } from '@redpost/queue';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { uniqueName, useRedpost } from './support/redpost.js';

const redpost = useRedpost();

const flow = (verb: string, ...args: string[]) => redpost.run(['flow', verb, ...args]);

/** A flow of two members, one of which fails, whose continuation nobody consumes. */
async function openFlow(options: Partial<FlowOptions> = {}) {
  const connection = connect(redpost.url);
  const members = new Queue<number>(uniqueName(), { connection });
  const last = new Queue(uniqueName(), { connection });
  onTestFinished(async () => {
    await Promise.all([members.close(), last.close()]);
    await connection.close();
  });
  const opened = await Flow.open({
    ...{ connection, then: { queue: last, body: 'go on' }, results: true },
    ...options,
  });
  await opened.send(members, 1, { id: 'good' });
  await opened.send(members, 2, { id: 'bad' });
  const handle = () => {
    const consumer = members.consume(
      ({ body }) => {
        if (body === 2) throw new TypeError('two is too many');
        return { squared: body * body };
      },
      { maxAttempts: 1 },
    );
    consumer.on('failed', () => {});
    return eventually(async () => (await opened.status())?.pending === 0);
  };
  return { queue: last.name, id: opened.id, flow: opened, handle };
}

it('flow list, status, results and close', async () => {
  const { queue, id, handle } = await openFlow();
  const open = { queue, flow: id, state: 'open', pending: 2, done: 0, dead: 0 };
  expect((await flow('list', queue)).lines).toEqual([
    { ...open, expired: 0, cancelled: 0, openedAt: expect.any(String), onDead: 'continue' },
  ]);
  await handle();
  const status = await flow('status', queue, id);
  const table = await redpost.onTerminal(`flow list ${queue}`);
  const results = await flow('results', queue, id);
  const closed = await flow('close', queue, id);
  const over = await flow('status', queue, id);

  expect(status).toMatchObject({ code: 0, lines: [{ ...open, pending: 0, done: 1, dead: 1 }] });
  expect(table.stdout).toMatch(
    /^FLOW +STATE +PENDING +DONE +DEAD +EXPIRED +CANCELLED\r\n\S+ +open +0 +1 +1 +0 +0\r\n$/,
  );
  expect(results.code).toBe(0);
  expect(results.lines.sort((a, b) => String(a.id).localeCompare(String(b.id)))).toEqual([
    { id: 'bad', state: 'dead', error: 'two is too many' },
    { id: 'good', state: 'done', value: { squared: 1 } },
  ]);
  expect(closed).toMatchObject({ code: 0, lines: [{ queue, flow: id, closed: true }] });
  expect(over.lines).toMatchObject([{ state: 'over', over: 'closed' }]);
  expect((await flow('list', queue)).stdout).toBe('');
});

it('flow cancel, and what is said of a flow that is over, or is not known', async () => {
  const { queue, id } = await openFlow({ results: false });
  const results = await flow('results', queue, id);
  const cancelled = await flow('cancel', queue, id);
  const again = await flow('cancel', queue, id);

  expect(results).toMatchObject({ code: 0, stdout: '' });
  expect(results.stderr).toContain('opened without results');
  expect(cancelled).toMatchObject({ code: 0, lines: [{ queue, flow: id, cancelled: true }] });
  expect(again).toMatchObject({ code: 1, lines: [{ cancelled: false }] });
  expect(again.stderr).toContain('is over already (cancelled)');
  for (const verb of ['status', 'results', 'close', 'cancel']) {
    const { code, stderr } = await flow(verb, queue, 'none');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^redpost: .*none.*\n$/);
  }
  expect(await flow('status', queue, 'no such id')).toMatchObject({ code: 2, stdout: '' });
});
