import { describe, expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { uniqueName, useRedpost } from './support/redpost.js';

const redpost = useRedpost();

describe('send', () => {
  it('sends each argument, and prints the sent messages', async () => {
    const queue = uniqueName();

    const { code, lines, stderr } = await redpost.run([
      'send',
      queue,
      '{"to":"a@example.com"}',
      '2',
    ]);

    expect(code).toBe(0);
    expect(lines).toEqual([
      { id: expect.any(String), body: { to: 'a@example.com' } },
      { id: expect.any(String), body: 2 },
    ]);
    expect(stderr).toBe('');
    expect((await redpost.run(['stats', queue])).lines).toMatchObject([{ pending: 2 }]);
  });

  it('sends the id, the headers, the delay and the time to live it is given', async () => {
    const queue = uniqueName();
    const options = ['--id', 'mine', '--header', 'a=b=c', '--header', 'd=', '--ttl', '1h'];

    await redpost.run(['send', queue, '1', ...options]);
    await redpost.run(['send', queue, '2', '--delay', '1h']);

    expect((await redpost.run(['peek', queue])).lines).toMatchObject([
      { id: 'mine', body: 1, headers: { a: 'b=c', d: '' } },
    ]);
    expect((await redpost.run(['stats', queue])).lines).toMatchObject([{ pending: 1, delayed: 1 }]);
  });

  it('says that a message is there, but not on as many replicas as were asked for', async () => {
    const queue = uniqueName();

    const { code, lines, stderr } = await redpost.run(['send', queue, '1', '--replicas', '1']);

    expect(code).toBe(1);
    expect(lines).toEqual([]);
    expect(stderr).toContain('0 of 1 replicas');
    expect(await redpost.redisCli('LLEN', queue)).toBe('1');
    expect((await redpost.run(['send', queue, '1', '--replicas', 'x'])).code).toBe(2);
  });

  it('sends bare bodies that redis-cli pops as they were written', async () => {
    const queue = uniqueName();

    const { lines } = await redpost.run(['send', queue, '--bare', '{"big": 12345678901234567890}']);

    expect(lines).toMatchObject([{ id: null }]);
    expect(await redpost.redisCli('RPOP', queue)).toBe('{"big": 12345678901234567890}');
  });

  it('sends text and base64 as they are', async () => {
    const queue = uniqueName();

    await redpost.run(['send', queue, '--bare', '--codec', 'text', 'hello wörld']);
    await redpost.run(['send', queue, '--bare', '--codec', 'base64', '//4=']);

    expect(await redpost.redisCli('RPOP', queue)).toBe('hello wörld');
    expect((await redpost.run(['peek', queue, '--codec', 'base64'])).lines).toMatchObject([
      { body: '//4=' },
    ]);
  });

  it('sends a body per line of stdin, also the last one without an end, but no empty line', async () => {
    const queue = uniqueName();

    const { code, lines } = await redpost.run(['send', queue], {
      input: '\ufeff{"a":1}\n\n"two"\r\n3',
    });

    expect(code).toBe(0);
    expect(lines.map(({ body }) => body)).toEqual([{ a: 1 }, 'two', 3]);
  });

  it('sends empty lines as empty texts', async () => {
    const queue = uniqueName();

    const { lines } = await redpost.run(['send', queue, '--codec', 'text'], { input: 'a\n\nb\n' });

    expect(lines.map(({ body }) => body)).toEqual(['a', '', 'b']);
  });

  it('prints nothing with --quiet', async () => {
    expect(await redpost.run(['send', uniqueName(), '1', '-q'])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: '',
    });
  });

  it('stops at a line that is not JSON, with its number; those before it are sent', async () => {
    const queue = uniqueName();

    const { code, lines, stderr } = await redpost.run(['send', queue], {
      input: '1\n2\n{"unfinished":\n4\n',
    });

    expect(code).toBe(2);
    expect(lines.map(({ body }) => body)).toEqual([1, 2]);
    expect(stderr).toMatch(/line 3: .* is not JSON/);
    expect(stderr).toContain('2 messages sent');
    expect((await redpost.run(['stats', queue])).lines).toMatchObject([{ pending: 2 }]);
  });

  it('stops at a line that is not UTF-8, with its number', async () => {
    const input = Buffer.concat([Buffer.from('1\n2\n"'), Buffer.from([0xff]), Buffer.from('"\n')]);

    const { code, lines, stderr } = await redpost.run(['send', uniqueName()], { input });

    expect(code).toBe(2);
    expect(lines).toHaveLength(2);
    expect(stderr).toContain('line 3 is not UTF-8');
  });

  it('says that there was nothing to send', async () => {
    expect(await redpost.run(['send', uniqueName()], { input: '' })).toMatchObject({
      code: 0,
      stderr: 'redpost: nothing was sent: the input is empty\n',
    });
  });

  it('says which lines Redis refused', async () => {
    const key = uniqueName();
    await redpost.redisCli('SET', key, 'no list');

    const { code, stdout, stderr } = await redpost.run(['send', key], { input: '1\n2\n' });

    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^redpost: line 1 to 2 was not sent: .*holds a \w+, not a list/);
  });

  it('sends at Ctrl-C the lines that it has read, says how far it came and exits with 130', async () => {
    const queue = uniqueName();
    const sending = redpost.start(['send', queue], { input: null });
    sending.process.stdin?.write('1\n2\n3');
    await eventually(() => sending.stdout.split('\n').length === 3);

    sending.process.kill('SIGINT');

    const { code, stderr } = await sending.ended;
    expect(code).toBe(130);
    expect(stderr).toMatch(
      /^(redpost: 2 messages sent\n)?redpost: interrupted: 2 messages sent, the last one from line 2\n$/,
    );
    expect(await redpost.redisCli('LLEN', queue)).toBe('2');
  });

  it('sends everything even if the reader of its output wants only the first lines', async () => {
    const queue = uniqueName();

    const { stdout, stderr } = await redpost.shell(
      `seq 100000 | redpost send '${queue}' | head -1`,
    );

    expect(stdout.split('\n')).toHaveLength(2);
    // Progress only, if it took longer than a second.
    expect(stderr.replace(/redpost: [\d,]+ messages sent(, after [\d.]+ s)?\n/g, '')).toBe('');
    expect(await redpost.redisCli('LLEN', queue)).toBe('100000');
  });

  it('tells how far it has come when it takes longer than a second, and how it has ended', async () => {
    const queue = uniqueName();
    const sending = redpost.start(['send', queue, '--quiet'], { input: null });
    sending.process.stdin?.write('1\n2\n');
    await eventually(async () => (await redpost.redisCli('LLEN', queue)) === '2');
    // Each further line is an occasion to tell.
    await eventually(() => {
      sending.process.stdin?.write('3\n');
      return /^redpost: [\d,]+ messages sent\n/.test(sending.stderr);
    });
    sending.process.stdin?.end();

    const { code, stderr } = await sending.ended;
    const sent = Number(await redpost.redisCli('LLEN', queue)).toLocaleString('en-US');
    expect(code).toBe(0);
    expect(stderr).toMatch(new RegExp(`redpost: ${sent} messages sent, after [\\d.]+ s\\n$`));
  });
});

describe('send --once, --throttle, --debounce', () => {
  const send = async (queue: string, body: string, ...options: string[]) => {
    const { lines, code } = await redpost.run(['send', queue, body, ...options]);
    expect(code).toBe(0);
    return (lines[0] as { id: string }).id;
  };

  it.each([
    ['--once', 'a'],
    ['--once', 'a:b:done'],
    ['--once', 'a:taken'],
    ['--once', 'a:1h'],
    ['--throttle', 'a:1h'],
    ['--debounce', 'a:1h'],
  ])('%s %s prints the id of the message that counts', async (...options) => {
    const queue = uniqueName();

    const id = await send(queue, '1', ...options);

    expect(await send(queue, '2', ...options)).toBe(id);
    const { pending, delayed } = (await redpost.run(['stats', queue])).lines[0] as {
      pending: number;
      delayed: number;
    };
    expect(pending + delayed).toBe(1);
  });

  it.each([
    [['--once', 'a:soon'], "Write 'taken', 'done' or a duration behind the last colon"],
    [['--throttle', 'a'], 'Write a key, a colon and a duration, such as key:5m'],
    [['--once', ':done'], 'Write a key, a colon and a duration'],
    [['--debounce', 'a:1s', '--delay', '1s'], 'cannot be used with'],
    [['--once', 'a', '--throttle', 'a:1s'], 'cannot be used with'],
    [['--once', 'a', '--bare'], 'cannot be used with'],
  ])('%j is refused', async (options, message) => {
    const { code, stderr } = await redpost.run(['send', uniqueName(), '1', ...options]);

    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe('send --max-length', () => {
  it('rejects what does not fit, and says so', async () => {
    const queue = uniqueName();

    const { code, lines, stderr } = await redpost.run([
      'send',
      queue,
      ...['1', '2', '3'],
      ...['--max-length', '2'],
    ]);

    expect(code).toBe(1);
    expect(lines).toMatchObject([{ body: 1 }, { body: 2 }]);
    expect(stderr).toContain('body 3 was not sent: The queue');
    expect(stderr).toContain('is full: 2 messages wait, and its maxLength is 2');
  });

  it('drops the oldest messages where it is told to, and says how many', async () => {
    const queue = uniqueName();
    const options = ['--max-length', '2', '--when-full', 'drop-oldest'];

    const { code, stderr } = await redpost.run(['send', queue, '1', '2', '3', ...options]);

    expect(code).toBe(0);
    expect(stderr).toContain('1 message dropped: the queue was full');
    expect((await redpost.run(['peek', queue])).lines).toMatchObject([{ body: 2 }, { body: 3 }]);
    expect((await redpost.run(['stats', queue])).lines).toMatchObject([{ total: { dropped: 1 } }]);
  });

  it('waits for room where it is told to', async () => {
    const queue = uniqueName();
    const options = ['--max-length', '1', '--when-full', 'wait'];
    const sending = redpost.start(['send', queue, '1', '2', ...options]);

    const received = await redpost.run(['receive', queue, '--count', '2']);

    expect(received.lines).toMatchObject([{ body: 1 }, { body: 2 }]);
    expect((await sending.ended).code).toBe(0);
  });

  it.each([
    [['--max-length', '0'], 'Write a whole number of at least 1'],
    [['--max-length', '1', '--when-full', 'drop'], 'Allowed choices are reject, drop-oldest, wait'],
    [['--when-full', 'wait'], '--when-full needs --max-length'],
  ])('%j is refused', async (options, message) => {
    const { code, stderr } = await redpost.run(['send', uniqueName(), '1', ...options]);

    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});

it('a message that was attempted elsewhere goes on from there', async () => {
  const name = uniqueName();
  await redpost.run(['send', name, '1', '--attempt', '2']);

  expect((await redpost.run(['receive', name])).lines).toMatchObject([{ body: 1, attempt: 3 }]);
});
