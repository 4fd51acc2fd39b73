import type { Socket } from 'node:net';
import { type Redis, ReplyError } from 'ioredis';
import { setTimeout } from '../runtime/timers.js';

/** How long what a server has sent may take to be read where the end of it is not noticed, in ms. */
const longestMs = 500;
const minus = 0x2d;

/** Those that this has been done for. */
const heardOut = new WeakSet<object>();

/**
 * Has the present socket of a client read to its end, even when it cannot be written to any more: Node would
 * destroy it at once, and with it what the server had sent before it hung up, which are answers to earlier
 * commands, and why.
 *
 * A server that does not let a client in says why, and no more (`ERR max number of clients reached`): that
 * becomes the error of the socket. ioredis takes it for an answer to its greeting, and forgets it.
 */
export function hearOut({ stream }: Redis): void {
  // The stand-in for a socket may be anything.
  if (typeof stream?.destroy !== 'function' || heardOut.has(stream)) return;
  heardOut.add(stream);
  const refusal = onlyWords(stream);
  const destroy = stream.destroy.bind(stream);
  let failure: Error | undefined;

  stream.destroy = (error) => {
    const isOfWriting = (error as NodeJS.ErrnoException | undefined)?.syscall === 'write';
    const isReadable = !stream.readableEnded && !stream.isPaused();
    if (!isOfWriting || !isReadable) return destroy(error && (refusal() ?? failure ?? error));
    failure ??= error;
    const end = () => void destroy(refusal() ?? failure);
    setTimeout(end, longestMs).unref();
    // A stream that has failed emits nothing more by itself, nor does it begin to read.
    stream.push = (chunk) => {
      if (chunk === null) end();
      else stream.emit('data', chunk);
      return true;
    };
    stream._read(0);
    return stream;
  };
  stream.once('end', () => {
    // Else it was we who hung up.
    if (!stream.writableEnded) destroy(refusal());
  });
}

/** What tells the error that is all that a server has said so far, if that is so. */
function onlyWords(stream: Socket): () => Error | undefined {
  let words: Error | undefined;
  stream.once('data', (first: Buffer) => {
    if (first[0] !== minus) return;
    const [line] = first.subarray(1).toString().split('\r\n');
    words = new ReplyError(line);
    stream.once('data', () => {
      words = undefined;
    });
  });
  return () => words;
}
