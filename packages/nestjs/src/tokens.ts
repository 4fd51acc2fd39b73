/** The name of a connection that has none. */
export const defaultConnection = 'default';

/** The token of a connection, for `@Inject()` and for tests that replace it. */
export function getConnectionToken(connection: string = defaultConnection): string {
  return `redpost:connection:${connection}`;
}

/** The token of a queue. @param connection the name of its connection, where that has one. */
export function getQueueToken(queue: string, connection: string = defaultConnection): string {
  return `redpost:queue:${connection}:${queue}`;
}

/** The token of what belongs to a connection: its queues and its consumers. */
export function getRuntimeToken(connection: string): string {
  return `redpost:runtime:${connection}`;
}

/** The token of what starts the consumers. A text: in CommonJS, each entry of this package has its own copy of a class. */
export const runnerToken = 'redpost:consumer-runner';
