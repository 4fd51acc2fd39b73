import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InvalidArgumentError } from '@redpost/core';
import { createAdapter } from '@socket.io/redis-adapter';
import { Redis } from 'ioredis';
import { Server } from 'socket.io';
import { io as connectClient, type Socket } from 'socket.io-client';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { socketioEmitter } from '../src/socketio/index.js';
import { uniqueName, useRedis } from './support/use-redis.js';

const redis = useRedis();

/** A server of socket.io with its adapter, and one client for each list of rooms. */
async function setup(nsp: string, ...clientsRooms: string[][]) {
  const key = uniqueName();
  const http = createServer();
  const [pub, sub] = [new Redis(redis.url), new Redis(redis.url)];
  const server = new Server(http, { adapter: createAdapter(pub, sub, { key }) });
  const namespace = server.of(nsp);
  namespace.on('connection', (socket) => {
    void socket.join(String(socket.handshake.auth.rooms).split(','));
  });
  await new Promise<void>((listening) => http.listen(0, '127.0.0.1', () => listening()));
  const { port } = http.address() as AddressInfo;
  const clients = await Promise.all(clientsRooms.map((rooms) => startClient(port, nsp, rooms)));
  onTestFinished(async () => {
    for (const { socket } of clients) socket.disconnect();
    await server.close();
    pub.disconnect();
    sub.disconnect();
  });
  const connection = redis.connection();
  const io = socketioEmitter({ connection, key, nsp });
  // The server has subscribed.
  await eventually(async () => (await io.emit('hello')) === 1);
  return { io, clients: clients.map(({ received }) => received), connection, key };
}

async function startClient(port: number, nsp: string, rooms: string[]) {
  const socket: Socket = connectClient(`http://127.0.0.1:${port}${nsp}`, {
    transports: ['websocket'],
    auth: { rooms: rooms.join(',') },
    forceNew: true,
  });
  const received: unknown[][] = [];
  socket.onAny((event, ...args) => {
    if (event !== 'hello') received.push([event, ...args]);
  });
  await new Promise<void>((connected) => socket.once('connect', () => connected()));
  return { socket, received };
}

it('an event reaches all clients of a namespace, with its arguments', async () => {
  const { io, clients } = await setup('/', [], []);

  await io.emit(
    'paid',
    { id: 7, price: 1.5, tags: ['a'], note: null },
    'text',
    Buffer.from('bytes'),
  );

  for (const received of clients) {
    await eventually(() => received.length === 1);
    expect(received).toEqual([
      ['paid', { id: 7, price: 1.5, tags: ['a'], note: null }, 'text', Buffer.from('bytes')],
    ]);
  }
});

it('an event for rooms reaches only clients in one of them, once, and none that is excepted', async () => {
  const { io, clients } = await setup('/shop', ['a'], ['b'], ['a', 'b'], ['c'], ['a', 'mute']);

  await io.to('a').emit('one');
  await io.to('a', 'b').except('mute').emit('two');
  await io.to('a').to('b').emit('three');
  await io.emit('end');

  await eventually(() => clients.every((received) => received.at(-1)?.[0] === 'end'));
  expect(clients.map((received) => received.map(([event]) => event))).toEqual([
    ['one', 'two', 'three', 'end'],
    ['two', 'three', 'end'],
    ['one', 'two', 'three', 'end'],
    ['end'],
    ['one', 'three', 'end'],
  ]);
});

it('a client of another namespace gets nothing', async () => {
  const { clients, connection, key, io } = await setup('/shop', []);

  await socketioEmitter({ connection, key }).emit('other');
  await io.emit('end');

  const [received = []] = clients;
  await eventually(() => received.length > 0);
  expect(received).toEqual([['end']]);
});

it('where no server listens, an event reaches 0', async () => {
  const io = socketioEmitter({ connection: redis.connection(), key: uniqueName() });
  expect(await io.to('a').emit('paid')).toBe(0);
});

it('what cannot be emitted is refused', async () => {
  const io = socketioEmitter({ connection: redis.connection() });

  await expect(io.emit('disconnect')).rejects.toThrow(InvalidArgumentError);
  await expect(io.emit('')).rejects.toThrow(InvalidArgumentError);
  expect(() => io.to()).toThrow(InvalidArgumentError);
  expect(() => socketioEmitter({ connection: redis.connection(), room: 'a' } as never)).toThrow(
    InvalidArgumentError,
  );
});
