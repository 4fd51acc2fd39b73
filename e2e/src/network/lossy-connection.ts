import { type Connection, ConnectionError } from '@redpost/core';

/** What happens to a command: nothing, or the socket breaks before or after it is executed. */
export type Fate = 'answered' | 'command lost' | 'answer lost';

/**
 * A connection that breaks when `decide` says so.
 *
 * @param decide gets the name of the script or of the command.
 */
export function lossy(connection: Connection, decide: (name: string) => Fate): Connection {
  const through = async <Result>(name: string, execute: () => Promise<Result>): Promise<Result> => {
    const fate = decide(name);
    const outcome = fate === 'command lost' ? 'not-executed' : 'unknown';
    const result = fate === 'command lost' ? undefined : await execute();
    if (fate === 'answered') return result as Result;
    throw new ConnectionError(`${fate}: ${name}`, { outcome });
  };
  const faulty: Pick<Connection, 'call' | 'run' | 'block'> = {
    call: (command, ...rest) => through(command, () => connection.call(command, ...rest)),
    run: (script, ...rest) => through(script.name, () => connection.run(script, ...rest)),
    async block(command, { onReply, ...options } = {}) {
      const reply = await through('block', () => connection.block(command, options));
      if (reply !== null) onReply?.(reply);
      return reply;
    },
  };
  return new Proxy(connection, {
    get(target, property) {
      if (property in faulty) return faulty[property as keyof typeof faulty];
      const value = Reflect.get(target, property, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
