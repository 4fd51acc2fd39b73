import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../eventually.js';
import { TcpProxy } from './tcp-proxy.js';

/** A server that answers with what it gets, behind a proxy, and a client of it. */
async function echo() {
  const atServer: Socket[] = [];
  const server = createServer((socket) => {
    atServer.push(socket);
    socket.on('error', () => {});
    socket.pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy = await TcpProxy.start((server.address() as AddressInfo).port);
  const client = connect(proxy.port, '127.0.0.1');
  let received = '';
  client.on('data', (chunk) => {
    received += chunk;
  });
  client.on('error', () => {});
  onTestFinished(async () => {
    client.destroy();
    await proxy[Symbol.asyncDispose]();
    for (const socket of atServer) socket.destroy();
    server.close();
  });
  client.write('hello');
  await eventually(() => received === 'hello');
  return { proxy, client, atServer, received: () => received };
}

it('delays bytes as requested, and forwards them in order', async () => {
  const { proxy, client, received } = await echo();
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  let held = 0;

  proxy.impose((chunk, way) => {
    held += 1;
    return gate.then(() => way.write(chunk));
  });
  client.write(' again');
  await eventually(() => held === 1);
  expect(received()).toBe('hello');
  proxy.relieve();
  client.write(' and again');
  open();

  await eventually(() => received() === 'hello again and again');
});

it('cuts a connection on both sides in the middle of a transfer', async () => {
  const { proxy, client, atServer, received } = await echo();

  proxy.impose((chunk, way) => {
    if (way.from === 'client') return way.write(chunk);
    way.write(chunk.subarray(0, 2));
    way.cut();
  });
  client.write(' again');

  await eventually(() => client.destroyed && atServer[0]?.destroyed);
  expect('hello again'.startsWith(received())).toBe(true);
  expect(received().length).toBeLessThan('hello again'.length);
});

it('a severed connection carries no data, and neither side is told', async () => {
  const { proxy, client, atServer, received } = await echo();
  const [link] = proxy.links;

  link?.sever();
  client.write(' again');
  client.destroy();

  await eventually(() => proxy.links.length === 0);
  expect(atServer[0]?.destroyed).toBe(false);
  expect(received()).toBe('hello');
});
