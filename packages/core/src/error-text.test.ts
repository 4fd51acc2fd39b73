import { readFile } from 'node:fs/promises';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { revokedProxy } from '../../../tooling/revoked-proxy.js';
import { isError, messageOf, shortened } from './error-text.js';
import { asError, isRedpostError, TimeoutError } from './errors.js';

const noMessage = Object.defineProperty(new Error(), 'message', {
  get() {
    throw new Error('no');
  },
});
const unreadable: [string, () => unknown][] = [
  ['an error whose message cannot be read', () => noMessage],
  [
    'an error whose message has no text',
    () => Object.assign(new Error(), { message: Object.create(null) }),
  ],
  [
    'an error whose message is a symbol',
    () => Object.assign(new Error(), { message: Symbol('s') }),
  ],
  [
    'an error whose name cannot be read',
    () => Object.defineProperty(new Error('x'), 'name', { get: () => Object.keys(revokedProxy()) }),
  ],
  ['a revoked proxy', revokedProxy],
  [
    'an object that cannot be shown',
    () => ({ [Symbol.for('nodejs.util.inspect.custom')]: revokedProxy }),
  ],
  ['nothing', () => undefined],
];

it.each(unreadable)('%s becomes an error that can be read', (_what, make) => {
  const thrown = make();
  const error = asError(thrown);

  expect(isError(error)).toBe(true);
  expect(typeof error.message).toBe('string');
  expect(typeof error.name).toBe('string');
  expect(typeof messageOf(thrown)).toBe('string');
  expect(isRedpostError(thrown)).toBe(false);
});

it('errors of another realm are errors', async () => {
  const foreign = runInNewContext('new TypeError("theirs")');
  const ofNode = await readFile('/does/not/exist').catch((error) => error);

  expect(foreign instanceof Error).toBe(false);
  expect(asError(foreign)).toBe(foreign);
  expect(asError(ofNode)).toBe(ofNode);
  expect(messageOf(foreign)).toBe('theirs');
});

it('an error of ours is known by its brand and its code', () => {
  const error: unknown = new TimeoutError('late', { outcome: 'unknown' });

  expect(isRedpostError(error, 'TIMEOUT') && error.outcome).toBe('unknown');
  expect(isRedpostError(error, 'SERVER')).toBe(false);
});

it('a long text is cut, and says so', () => {
  expect(shortened('short')).toBe('short');
  const cut = messageOf(new Error('🙂'.repeat(10_000)));

  expect(cut.length).toBeLessThanOrEqual(4096);
  expect(shortened(cut)).toBe(cut);
  expect(cut).toMatch(/🙂… \(cut here: the text has 20000 characters\)$/u);
});
