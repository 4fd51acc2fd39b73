import type {
  CallOptions,
  Connection,
  ConnectionThread,
  RepeatOptions,
  Script,
} from '@redpost/core';
import { shiftedScript } from './shifted-script.js';

/** The same connection, whose scripts get the time of the fake clock. */
export function shifted(connection: Connection): Connection {
  const scripts = new WeakMap<object, Script<never, unknown>>();
  const shift = <Input, Result>(script: Script<Input, Result>): Script<Input, Result> => {
    const known = scripts.get(script) as Script<Input, Result> | undefined;
    if (known) return known;
    const made = shiftedScript(script);
    scripts.set(script, made as Script<never, unknown>);
    return made;
  };
  const overrides: Pick<Connection, 'run' | 'thread'> = {
    run: <Input, Result>(script: Script<Input, Result>, input: Input, options?: CallOptions) =>
      connection.run(shift(script), input, options),
    thread: (): ConnectionThread => {
      const thread = connection.thread();
      return {
        repeat: <Input>(script: Script<Input, unknown>, input: Input, options: RepeatOptions) =>
          thread.repeat(shift(script), input, options),
      };
    },
  };
  return new Proxy(connection, {
    get(target, name) {
      if (name === 'run' || name === 'thread') return overrides[name];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
