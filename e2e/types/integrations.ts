// How users write it: compiled by scripts/test-types.mjs, and never run.
import { Controller, Injectable, Module } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import { metrics, propagation, trace } from '@opentelemetry/api';
import { connect } from '@redpost/core';
import { createDashboard } from '@redpost/dashboard';
import {
  Consumer,
  Handle,
  InjectConnection,
  InjectQueue,
  OnConsumerEvent,
  type RedpostHealthIndicator,
  RedpostModule,
} from '@redpost/nestjs';
import { RedpostClient, RedpostServer } from '@redpost/nestjs/microservices';
import { drainConsumer } from '@redpost/nestjs/testing';
import { observeWithOpenTelemetry } from '@redpost/otel';
import { collectProcessMetrics, collectRedisMetrics } from '@redpost/prometheus';
import { type Delivery, Queue } from '@redpost/queue';
import { Registry } from 'prom-client';

const none = undefined;
const url = 'redis://127.0.0.1:6379';
const connection = connect(url);

// OpenTelemetry.
observeWithOpenTelemetry();
observeWithOpenTelemetry({
  tracerProvider: trace,
  meterProvider: metrics,
  propagator: propagation as never,
  sameTrace: none,
})();
// @ts-expect-error: no such option.
observeWithOpenTelemetry({ sampling: 0.01 });

// Prometheus.
const registry = new Registry();
collectProcessMetrics({ registry, prefix: none, maxNames: none })();
collectRedisMetrics({ registry, connection, prefix: none, queues: ['a'], topics: none })();
// @ts-expect-error: a registry is needed.
collectProcessMetrics({});

// The dashboard.
const dashboard = createDashboard({
  connection,
  authorize: async (request) => (request.headers.get('x-user') ? 'operate' : none),
  basePath: none,
  queues: ['a', new Queue<number>('b', { connection })],
  readOnly: none,
});
dashboard.fetch(new Request('http://localhost/'));
// @ts-expect-error: no such role.
createDashboard({ connection, authorize: () => 'root' });

// NestJS.
interface Email {
  to: string;
}

@Injectable()
class SignUp {
  constructor(
    @InjectQueue('emails') readonly emails: Queue<Email>,
    @InjectConnection() readonly redis: typeof connection,
    readonly health: RedpostHealthIndicator,
  ) {}
}

@Consumer('emails', { concurrency: 20, backoff: none })
class EmailConsumer {
  @Handle()
  async send(delivery: Delivery<Email>) {
    await delivery.ack();
  }

  @OnConsumerEvent('failed')
  failed() {}
}

// @ts-expect-error: no such option.
@Consumer('emails', { concurency: 20 })
class Misspelt {}

@Controller()
class Sums {
  @MessagePattern('sum')
  sum(numbers: number[]) {
    return numbers.length;
  }
}

@Module({
  imports: [
    RedpostModule.forRoot({ target: url }),
    RedpostModule.forRootAsync({ useFactory: async () => ({ target: url }) }),
    RedpostModule.registerQueue('emails'),
  ],
  providers: [SignUp, EmailConsumer, Misspelt],
  controllers: [Sums],
})
export class AppModule {}

export const strategy = new RedpostServer({ target: url, queue: 'orders' });
export const client = new RedpostClient({ target: url, queue: 'orders' });
export const drained = drainConsumer;
