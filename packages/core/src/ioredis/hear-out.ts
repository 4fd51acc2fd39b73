import type { Socket } from 'node:net';
import { type Redis, ReplyError } from 'ioredis';
import { setTimeout } from '../runtime/timers.js';

/** How long reading the remaining data may take when its end is not noticed, in ms. */
const longestMs = 500;
const minus = 0x2d;

/** The sockets for which this has been done. */
const heardOut = new WeakSet<object>();

/**
 * Has the present socket of a client read to its end, even when it cannot be written to any more: Node would
 * destroy it at once, together with the data that the server had sent before it closed the connection:
 * answers to earlier commands, and the reason.
 *
 * A server that refuses a client sends only the reason (`ERR max number of clients reached`): this becomes
 * the error of the socket. ioredis would take it for an answer to its greeting, and discard it.
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
    // Otherwise this side closed the connection.
    if (!stream.writableEnded) destroy(refusal());
  });
}

/** Returns a function that returns the error that the server has sent, if it has sent nothing else. */
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
