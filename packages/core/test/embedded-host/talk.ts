import { once } from 'node:events';
import { createConnection } from 'node:net';

/** Sends one inline command and returns the raw reply. */
export async function talk(port: number, command: string): Promise<string> {
  const socket = createConnection({ port, host: '127.0.0.1' });
  try {
    socket.write(`${command}\r\n`);
    const [reply] = await once(socket, 'data');
    return reply.toString();
  } finally {
    socket.destroy();
  }
}
