type Result<Body> = { value: Body } | { issues: { message: string; path?: string[] }[] };

/** A Standard Schema, as far as it is needed here. */
interface Schema<Input, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly types?: { readonly input: Input; readonly output: Output };
    validate(value: unknown): Result<Output> | Promise<Result<Output>>;
  };
}

/** Objects with a number `n`. */
export const hasNumber: Schema<{ n: number }> = {
  '~standard': { version: 1, vendor: 'test', validate: checkNumber },
};

function checkNumber(value: unknown) {
  const n = (value as { n?: unknown } | null)?.n;
  if (typeof n === 'number') return { value: { n } };
  return { issues: [{ message: 'must be a number', path: ['n'] }] };
}

/** The same, but even numbers take time: the smaller, the longer. */
export const hasNumberSlowly: Schema<{ n: number }> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate(value) {
      const n = (value as { n?: number } | null)?.n ?? 0;
      if (n % 2 === 1) return checkNumber(value);
      return (async () => {
        for (let turn = n; turn < 20; turn++) await new Promise(setImmediate);
        return checkNumber(value);
      })();
    },
  },
};

/** Dates written as text. */
export const date: Schema<string, Date> = {
  '~standard': { version: 1, vendor: 'test', validate: parseDate },
};

/** The same, asynchronously. */
export const dateSlowly: Schema<string, Date> = {
  '~standard': { version: 1, vendor: 'test', validate: async (value) => parseDate(value) },
};

function parseDate(value: unknown) {
  if (typeof value !== 'string') return { issues: [{ message: 'must be text' }] };
  return { value: new Date(value) };
}
