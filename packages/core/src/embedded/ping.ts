import { createConnection } from 'node:net';

/** How long one attempt waits for its answer. */
const patienceMs = 500;

/**
 * True when a server behind this unix socket is ready to answer commands. A refusal such as
 * `-NOAUTH` counts as an answer, `-LOADING` does not.
 */
export function answersPing(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ path: socketPath });
    const settle = (answers: boolean): void => {
      socket.destroy();
      resolve(answers);
    };
    socket.setTimeout(patienceMs, () => settle(false));
    socket.once('error', () => settle(false));
    socket.once('close', () => settle(false));
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (reply) => settle(!reply.toString().startsWith('-LOADING')));
  });
}
