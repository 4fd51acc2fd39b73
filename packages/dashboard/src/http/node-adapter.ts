import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import { types } from 'node:util';

/** A request of Express has what a body parser has made of its body. */
type ParsedMessage = IncomingMessage & { body?: unknown };
type RequestBody = NonNullable<RequestInit['body']>;

/** A request of Node as one of fetch. @param signal aborted when the client has gone. */
export function toRequest(incoming: ParsedMessage, signal: AbortSignal): Request {
  const { method = 'GET', headers, url = '/' } = incoming;
  const isSecure = 'encrypted' in incoming.socket && incoming.socket.encrypted === true;
  const host = headers[':authority'] ?? headers.host ?? 'localhost';
  const hasBody = method !== 'GET' && method !== 'HEAD';
  return new Request(new URL(url, `${isSecure ? 'https' : 'http'}://${host}`), {
    method,
    headers: headersOf(incoming),
    signal,
    ...(hasBody && { body: bodyOf(incoming), duplex: 'half' }),
  });
}

function headersOf({ headers }: IncomingMessage): Headers {
  const result = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name.startsWith(':')) continue;
    for (const each of [value].flat()) result.append(name, each);
  }
  return result;
}

function bodyOf(incoming: ParsedMessage): RequestBody {
  if (!incoming.readableEnded || incoming.body === undefined) {
    return Readable.toWeb(incoming) as unknown as RequestBody;
  }
  // A body parser was faster.
  const { body } = incoming;
  return typeof body === 'string' || types.isUint8Array(body)
    ? (body as RequestBody)
    : JSON.stringify(body);
}

/** Sends a response of fetch by one of Node. Resolves when it was sent, or the client has gone. */
export async function sendResponse(response: Response, outgoing: ServerResponse): Promise<void> {
  outgoing.statusCode = response.status;
  response.headers.forEach((value, name) => {
    outgoing.setHeader(name, value);
  });
  if (!response.body) {
    outgoing.end();
    return;
  }
  // Events are to be seen at once, also where nothing follows.
  outgoing.flushHeaders();
  const body = Readable.fromWeb(response.body as NodeReadableStream<Uint8Array>);
  await pipeline(body, outgoing).catch(() => {
    // The client has closed the connection.
    outgoing.destroy();
  });
}
