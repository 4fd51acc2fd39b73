/** What happens instead when a script is run: `run` runs it. */
export type Interposition = (
  script: string,
  run: () => Promise<unknown>,
  input: unknown,
) => Promise<unknown>;

export interface ScriptRunner {
  run(script: never, input: never, options?: never): Promise<unknown>;
}

/** A connection whose scripts go through `around`, so that a test can hold or lose their answers. */
export function interposed<Connection extends ScriptRunner>(
  connection: Connection,
  around: Interposition,
): Connection {
  const run = (script: { name: string }, input: unknown, options: unknown) =>
    around(
      script.name,
      () => connection.run(script as never, input as never, options as never),
      input,
    );
  return new Proxy(connection, {
    get(target, name) {
      if (name === 'run') return run;
      const value = Reflect.get(target, name) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
