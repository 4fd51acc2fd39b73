import { describe, expect, it } from 'vitest';
import { ValidationError } from '../errors.js';
import { type Schema, validate } from './schema.js';

type Result = Awaited<ReturnType<Schema['~standard']['validate']>>;

/** The smallest schema there is: `check` says what it makes of a value. */
function schema<Output>(
  check: (value: unknown) => Result | Promise<Result>,
): Schema<unknown, Output> {
  return {
    '~standard': { version: 1, vendor: 'test', validate: check },
  } as Schema<unknown, Output>;
}

const trimmed = (value: unknown): Result =>
  typeof value === 'string'
    ? { value: value.trim() }
    : { issues: [{ message: 'expected a string', path: ['to'] }] };

describe('validation', () => {
  it('returns the output of the schema', () => {
    expect(validate(schema<string>(trimmed), '  text ')).toBe('text');
  });

  it('is asynchronous only when the schema is', async () => {
    const asynchronous = schema<string>(async (value) => trimmed(value));

    expect(await validate(asynchronous, ' text')).toBe('text');
    await expect(validate(asynchronous, 5)).rejects.toThrow(ValidationError);
  });

  it('throws all issues, each with its path', () => {
    const issues = [
      { message: 'too small', path: ['items', 0, { key: 'price' }] },
      { message: 'missing' },
      { message: 'third', path: [Symbol('s')] },
      { message: 'fourth' },
    ];

    try {
      validate(
        schema(() => ({ issues })),
        {},
      );
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({
        code: 'VALIDATION',
        message:
          'The body does not fit its schema: items.0.price: too small; missing; Symbol(s): third',
        issues: [
          { path: 'items.0.price', message: 'too small' },
          { path: '', message: 'missing' },
          { path: 'Symbol(s)', message: 'third' },
          { path: '', message: 'fourth' },
        ],
      });
    }
  });

  it('takes a falsy value for a value', () => {
    expect(
      validate(
        schema(() => ({ value: undefined })),
        'x',
      ),
    ).toBeUndefined();
  });
});
