import { expect, it } from 'vitest';
import { type NamesOf, refuseUnknownEvent, refuseUnknownOptions, withDefaults } from './options.js';

interface Options {
  concurrency?: number | undefined;
  delayMs?: number;
  maxAttempts?: number;
  id?: string;
}

const names: NamesOf<Options> = { concurrency: true, delayMs: true, maxAttempts: true, id: true };

function refused(options: object): string {
  try {
    refuseUnknownOptions('call()', options, names);
  } catch (error) {
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT' });
    return (error as Error).message;
  }
  return 'taken';
}

it('known options are accepted, and undefined ones count as not given', () => {
  for (const options of [{}, { id: 'a', delayMs: 1 }, { delay: undefined }]) {
    expect(refused(options)).toBe('taken');
  }
});

it.each([
  ['delay', 'delayMs'],
  ['delayms', 'delayMs'],
  ['concurency', 'concurrency'],
  ['attempts', 'maxAttempts'],
  ['messageId', 'id'],
])('%s is refused, and %s was meant', (name, meant) => {
  expect(refused({ [name]: 1 })).toBe(`call() has no option "${name}". Did you mean ${meant}?`);
});

it.each(['constructor', '__proto__x', 'toString', 'to'])(
  '%s is rejected with a list of valid names',
  (name) => {
    expect(refused({ [name]: 1 })).toBe(
      `call() has no option "${name}". There are: concurrency, delayMs, maxAttempts, id`,
    );
  },
);

it.each([null, 5, 'text', true])('%s are not options', (options) => {
  expect(refused(options as never)).toMatch(/^The options of call\(\) are an object, got/);
});

it('an event that does not exist is refused', () => {
  const events = { failed: true, drained: true } as const;
  refuseUnknownEvent('failed', events);
  expect(() => refuseUnknownEvent('fail', events)).toThrow('event "fail". Did you mean failed?');
  expect(() => refuseUnknownEvent('completed', events)).toThrow('There are: failed, drained');
  expect(() => refuseUnknownEvent(undefined, events)).toThrow('There is no event undefined');
});

it('an option that is undefined leaves the default', () => {
  const options: Options = { concurrency: undefined, id: 'a' };
  expect(withDefaults<Options>({ concurrency: 5, delayMs: 1 }, options)).toEqual({
    concurrency: 5,
    delayMs: 1,
    id: 'a',
  });
});
