import type { Client } from './target.js';

/**
 * Whether what is sent to the client now goes to the server at once. A client of the caller's keeps commands that
 * it cannot send now, also after its QUIT.
 */
export function canSend(client: Client, isOwned: boolean): boolean {
  if (isOwned || 'nodes' in client) return client.status === 'ready';
  const { writable } = client.stream ?? {};
  return client.status === 'ready' && !isClosing(client) && writable !== false;
}

/** Whether a client of the caller's connects no more, unless the caller tells it to. */
export function hasEnded(client: Client): boolean {
  return client.status === 'end' || isClosing(client);
}

/** Of a client of the caller's: it was told to quit, or to disconnect. */
function isClosing(client: Client): boolean {
  return (client as object as { manuallyClosing?: boolean }).manuallyClosing === true;
}
