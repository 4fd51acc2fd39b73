import type { CallOptions, Connection, Script } from '@redpost/core';

/** Where a process dies: before its n-th command, counted from 0, or when Redis has executed that and nobody has the answer. */
export interface Death {
  command: number;
  isAnswerLost: boolean;
}

/** What the calls of a process reject with once it is dead. */
export const dead = new Error('This process is dead');

/** A connection of a process that dies at a certain command: neither this one nor any later one has an answer. */
export function mortal(connection: Connection, death: Death) {
  const commands: string[] = [];
  async function live<Result>(name: string, execute: () => Promise<Result>): Promise<Result> {
    const at = commands.length;
    if (at > death.command) throw dead;
    commands.push(name);
    if (at === death.command && !death.isAnswerLost) throw dead;
    const result = await execute();
    if (commands.length > death.command) throw dead;
    return result;
  }
  const overrides: Pick<Connection, 'call' | 'run'> = {
    call: (command, args, options) => live(command, () => connection.call(command, args, options)),
    run: <Input, Result>(script: Script<Input, Result>, input: Input, options?: CallOptions) =>
      live(script.name, () => connection.run(script, input, options)),
  };
  const mortalConnection = new Proxy(connection, {
    get(target, name) {
      if (name === 'call' || name === 'run') return overrides[name];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return { connection: mortalConnection, commands };
}
