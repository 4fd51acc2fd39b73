import { describe, expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { uniqueName, useRedpost } from './support/redpost.js';

const redpost = useRedpost();

async function subscribe(...args: string[]) {
  const subscriber = redpost.start(['subscribe', ...args]);
  await eventually(() => subscriber.stderr.includes('redpost: subscribed to'));
  return subscriber;
}

describe('publish and subscribe', () => {
  it('tell how many got a message, and print it for each of them', async () => {
    const [one, two] = [uniqueName(), uniqueName()];
    const subscriber = await subscribe(one, two, '--count', '2');

    const first = await redpost.run(['publish', one, '{"a":1}']);
    const second = await redpost.run(['publish', two, '--codec', 'text', 'hello']);

    expect(first.lines).toEqual([{ channel: one, receivers: 1, body: { a: 1 } }]);
    expect(second.lines).toEqual([{ channel: two, receivers: 1, body: 'hello' }]);
    const { code, lines } = await subscriber.ended;
    expect(code).toBe(0);
    expect(lines).toEqual([
      { channel: one, body: { a: 1 } },
      { channel: two, body: 'hello' },
    ]);
  });

  it('say that no subscriber received the message', async () => {
    const { code, lines } = await redpost.run(['publish', uniqueName(), '1']);

    expect(code).toBe(0);
    expect(lines).toMatchObject([{ receivers: 0 }]);
  });

  it('work with patterns, and with redis-cli', async () => {
    const name = uniqueName();
    const subscriber = await subscribe('--pattern', `${name}.*`, '--count', '1');

    await redpost.redisCli('PUBLISH', `${name}.a`, 'plain');

    expect((await subscriber.ended).lines).toEqual([
      { channel: `${name}.a`, pattern: `${name}.*`, body: 'plain' },
    ]);
  });

  it('print a message once with --distinct, however many patterns match', async () => {
    const name = uniqueName();
    const patterns = ['--pattern', `${name}.*`, `${name}*`];
    const distinct = await subscribe(...patterns, '--distinct', '--count', '2');
    const plain = await subscribe(...patterns, '--count', '4');

    await redpost.run(['publish', `${name}.a`], { input: '1\n2' });

    expect((await distinct.ended).lines.map(({ body }) => body)).toEqual([1, 2]);
    expect((await plain.ended).lines.map(({ body }) => body)).toEqual([1, 1, 2, 2]);
    const refused = await redpost.run(['subscribe', name, '--distinct']);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('give --pattern') });
  });

  it('pass thousands of lines in order', async () => {
    const name = uniqueName();
    const bodies = Array.from({ length: 5000 }, (_, n) => n);
    const subscriber = await subscribe(name, '--count', '5000');

    await redpost.run(['publish', name, '-q'], { input: bodies.join('\n') });

    expect((await subscriber.ended).lines.map(({ body }) => body)).toEqual(bodies);
  });

  it('end at Ctrl-C with 0, or when nothing came in time', async () => {
    const subscriber = await subscribe(uniqueName());
    subscriber.process.kill('SIGINT');
    expect((await subscriber.ended).code).toBe(0);

    const impatient = await redpost.run(['subscribe', uniqueName(), '--timeout', '20ms']);
    expect(impatient).toMatchObject({ code: 0, stdout: '' });
  });

  it('end quietly when the reader is gone', async () => {
    const name = uniqueName();
    const piped = redpost.shell(`redpost subscribe ${name} 2>/dev/null | head -1`);

    const published: Promise<string>[] = [];
    const publish = () => void published.push(redpost.redisCli('PUBLISH', name, 'x'));
    const publishing = setInterval(publish, 50);
    const { stdout, stderr } = await piped.finally(() => clearInterval(publishing));
    // The server ends with the test: none may be on its way then.
    await Promise.all(published);

    expect(stdout).toBe(`{"channel":"${name}","body":"x"}\n`);
    expect(stderr).toBe('');
  });
});
