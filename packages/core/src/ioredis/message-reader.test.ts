import { expect, it } from 'vitest';
import { idleMsSince } from '../../../../tooling/machine-pace.js';
import { MessageReader, type OnMessage } from './message-reader.js';

const long = 'x'.repeat(70_000);
const messages = [
  '>3\r\n$7\r\nmessage\r\n$1\r\na\r\n$5\r\nhello\r\n',
  '>3\r\n$7\r\nmessage\r\n$1\r\na\r\n$0\r\n\r\n',
  '>3\r\n$7\r\nmessage\r\n$2\r\nab\r\n$4\r\n\r\n\r\n\r\n',
  '*3\r\n$7\r\nmessage\r\n$4\r\nüß\r\n$3\r\n*1\r\r\n',
  '>3\r\n$8\r\nsmessage\r\n$3\r\n{a}\r\n$1\r\n1\r\n',
  '>4\r\n$8\r\npmessage\r\n$2\r\na*\r\n$2\r\nab\r\n$2\r\n$3\r\n',
  `>3\r\n$7\r\nmessage\r\n$2\r\nab\r\n$${long.length}\r\n${long}\r\n`,
];
const others = [
  '+PONG\r\n',
  '-ERR unknown\r\n',
  ':42\r\n',
  '_\r\n',
  '$-1\r\n',
  '$7\r\n>3\r\n$7m\r\n',
  '*2\r\n$4\r\npong\r\n$0\r\n\r\n',
  '>3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n',
  '%2\r\n+proto\r\n:3\r\n$7\r\nmodules\r\n*0\r\n',
  '|1\r\n+ttl\r\n:3\r\n*1\r\n|1\r\n+x\r\n+y\r\n:7\r\n',
  '=15\r\ntxt:Some string\r\n',
  '*-1\r\n',
];
const said = [
  'channel a a hello',
  'channel a a ',
  'channel ab ab \r\n\r\n',
  'channel üß üß *1\r',
  'shard {a} {a} 1',
  'pattern a* ab $3',
  `channel ab ab ${long}`,
];

/** What comes of the bytes when they come in chunks of a size. */
function read(bytes: Buffer, chunkSize: number) {
  const taken: string[] = [];
  const passedOn: Buffer[] = [];
  const reader = new MessageReader(
    {
      onMessage: (kind, name, channel, payload) =>
        taken.push(`${kind} ${name} ${channel} ${payload}`),
      onRevoked: (name) => taken.push(`revoked ${name}`),
    },
    (rest) => passedOn.push(rest),
  );
  for (let at = 0; at < bytes.length; at += chunkSize) {
    reader.write(bytes.subarray(at, at + chunkSize));
  }
  return { taken, passedOn: Buffer.concat(passedOn).toString() };
}

it.each([1, 2, 3, 7, 19, 64, 1000, 65_536, 1_000_000])(
  'takes messages and passes all else on, read %i bytes at a time',
  (chunkSize) => {
    const frames = [...messages, ...others, ...messages];
    for (const other of others) frames.push(other, messages[0] as string);

    const found = read(Buffer.from(frames.join('')), chunkSize);

    expect(found.taken).toEqual([...said, ...said, ...others.map(() => said[0])]);
    expect(found.passedOn).toBe(others.join('') + others.join(''));
  },
);

it('gives the text of messages that have come with nothing but ASCII', () => {
  const ascii = (messages[0] as string).repeat(20);
  const texts = (frames: string) => {
    const found = new Set<string | undefined>();
    const onMessage: OnMessage = (_kind, _name, _channel, { text }) => found.add(text);
    new MessageReader({ onMessage, onRevoked: () => {} }, () => {}).write(Buffer.from(frames));
    return [...found];
  };

  expect(texts(ascii)).toEqual(['hello']);
  expect(texts(ascii + messages[3])).toEqual([undefined]);
});

it('notices that a subscription to a sharded channel ended, and passes that on too', () => {
  const frame = '>3\r\n$12\r\nsunsubscribe\r\n$3\r\n{a}\r\n:0\r\n';

  for (const chunkSize of [1, 30, 1000]) {
    expect(read(Buffer.from(frame), chunkSize)).toEqual({
      taken: ['revoked {a}'],
      passedOn: frame,
    });
  }
});

it('takes ten megabytes in the time that copying them once or twice takes', () => {
  const payload = Buffer.alloc(10_000_000, 'x');
  const head = Buffer.from(`>3\r\n$7\r\nmessage\r\n$1\r\na\r\n$${payload.length}\r\n`);
  const bytes = Buffer.concat([head, payload, Buffer.from('\r\n')]);
  const start = performance.now();

  expect(read(bytes, 1000).taken).toHaveLength(1);
  expect(idleMsSince(start)).toBeLessThan(2000);
});
