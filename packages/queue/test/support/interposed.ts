import type { Connection } from '@redpost/core';

/** What happens instead when a script is run: `run` runs it. */
export type Interposition = (
  script: string,
  run: () => Promise<unknown>,
  input: unknown,
) => Promise<unknown>;

/** A connection whose scripts go through `around`, so that a test can hold or lose their answers. */
export function interposed(connection: Connection, around: Interposition): Connection {
  const run: Connection['run'] = (script, input, options) =>
    around(script.name, () => connection.run(script, input, options), input) as Promise<never>;
  return new Proxy(connection, {
    get(target, name) {
      if (name === 'run') return run;
      const value = Reflect.get(target, name) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
