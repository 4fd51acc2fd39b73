import type { Reply } from '../replies.js';
import { soleBulk } from './sole-bulk.js';
import type { Client } from './target.js';

/**
 * Passes on an answer that came in one piece before the client has parsed it: in a process that was idle,
 * parsing takes about as long as the system takes to deliver the answer. Only for a command that is alone
 * on its socket.
 *
 * @returns a function that ends it. Its first call says whether no answer was passed on.
 */
export function readEarly(client: Client, onReply: (reply: Reply) => void): () => boolean {
  let isOpen = true;
  const stream = 'stream' in client ? client.stream : undefined;
  const read = (chunk: Buffer) => {
    const reply = soleBulk(chunk);
    if (reply && stop()) onReply(reply);
  };
  const stop = () => {
    const wasOpen = isOpen;
    isOpen = false;
    stream?.off('data', read);
    return wasOpen;
  };
  stream?.prependListener('data', read);
  return stop;
}
