import 'reflect-metadata';
import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, MessagePattern, Payload, RpcException } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { firstValueFrom, of, timeout } from 'rxjs';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { RedpostClient, type RedpostContext, RedpostServer } from '../src/microservices/index.js';
import { uniqueName, useRedis } from './support.js';

const redis = useRedis();
const events: string[] = [];

@Controller()
class Orders {
  @MessagePattern('add')
  add(@Payload() numbers: number[]) {
    return numbers.reduce((sum, number) => sum + number, 0);
  }

  @MessagePattern({ cmd: 'last' })
  last() {
    return of(1, 2, 3);
  }

  @MessagePattern('fails')
  fails() {
    throw new RpcException({ status: 404, message: 'no such order' });
  }

  @EventPattern('created')
  created(@Payload() order: string, @Ctx() context: RedpostContext) {
    const { attempt } = context.getDelivery();
    events.push(`${context.getPattern()} ${order} ${attempt}`);
    if (order === 'unlucky' && attempt === 1) throw new Error('no');
  }

  @EventPattern('lost')
  lost() {
    throw new RpcException('no such order');
  }

  @EventPattern('created')
  audited(@Payload() order: string) {
    events.push(`audited ${order}`);
  }
}

async function startService(queue: string) {
  const module = await Test.createTestingModule({ controllers: [Orders] }).compile();
  const strategy = new RedpostServer({
    target: redis.url,
    queue,
    consume: { backoff: () => 0, maxAttempts: 2 },
  });
  const service = module.createNestMicroservice({ strategy, logger: false });
  await service.listen();
  onTestFinished(() => service.close());
  return service;
}

function newClient(queue: string, more: object = {}): RedpostClient {
  const client = new RedpostClient({ target: redis.url, queue, ...more });
  onTestFinished(() => client.close());
  return client;
}

it('requests are answered by values, observables and errors', async () => {
  const queue = uniqueName();
  await startService(queue);
  const client = newClient(queue);
  await client.connect();

  expect(await firstValueFrom(client.send('add', [1, 2, 3]))).toBe(6);
  expect(await firstValueFrom(client.send({ cmd: 'last' }, {}))).toBe(3);
  await expect(firstValueFrom(client.send('fails', {}))).rejects.toEqual({
    status: 404,
    message: 'no such order',
  });
  await expect(firstValueFrom(client.send('unknown', {}))).rejects.toThrow('no-handler');
});

it('events wait while the service is down, reach all handlers, and are retried', async () => {
  const queue = uniqueName();
  const client = newClient(queue);
  await firstValueFrom(client.emit('created', 'early'));
  await startService(queue);
  await firstValueFrom(client.emit('created', 'unlucky'));

  await eventually(() => events.filter((event) => event === 'audited unlucky').length === 2);
  expect(events).toEqual([
    'created early 1',
    'audited early',
    'created unlucky 1',
    'audited unlucky',
    'created unlucky 2',
    'audited unlucky',
  ]);
});

it('an event that fails at every attempt becomes a dead letter, with the error of its handler', async () => {
  const queue = uniqueName();
  await startService(queue);
  const client = newClient(queue);
  const { deadLetters } = client.unwrap();
  await firstValueFrom(client.emit('lost', 'order'));
  await firstValueFrom(client.emit('nobody listens', 'order'));
  await eventually(async () => (await deadLetters.count()) === 2);
  const dead = await deadLetters.list();
  expect(dead.find(({ reason }) => reason === 'no-handler')?.body).toEqual({ data: 'order' });
  expect(dead.find(({ reason }) => reason === 'failed')).toMatchObject({
    attempt: 2,
    error: 'no such order',
    headers: { pattern: 'lost' },
  });
});

it('a request without an answer rejects in time, and one that nobody waits for is not waited for', async () => {
  const client = newClient(uniqueName(), { requestTimeoutMs: 100 });
  await expect(firstValueFrom(client.send('add', [1]))).rejects.toMatchObject({ code: 'TIMEOUT' });
  const abandoned = firstValueFrom(newClient(uniqueName()).send('add', [1]).pipe(timeout(20)));
  await expect(abandoned).rejects.toThrow('Timeout');
});
