import { FlowProducer, Worker } from 'bullmq';
import type { Body, QueueSubject } from '../subject.js';
import { crash } from './crash.js';

const opts = { removeOnComplete: true, removeOnFail: true };

/** Each batch is a flow: the last body is that of the parent, the others are those of its children. */
export const bullmqFlows: QueueSubject = {
  kind: 'queue',
  name: 'bullmq-flows',
  title: 'BullMQ',
  variant: 'FlowProducer',
  package: 'bullmq',
  server: 'redis',

  async open(url) {
    const flows = new FlowProducer({ connection: { url } });
    flows.on('error', crash);
    await flows.waitUntilReady();
    const job = (data: Body | undefined) => ({ name: 'body', queueName: 'bench', data, opts });

    return {
      send: (body) => flows.add(job(body)),

      sendBatch: (bodies) =>
        flows.add({ ...job(bodies.at(-1)), children: bodies.slice(0, -1).map(job) }),

      async consume(handler, concurrency) {
        const connection = { url, maxRetriesPerRequest: null };
        const worker = new Worker<Body>('bench', ({ data }) => handler(data), {
          connection,
          concurrency,
        });
        worker.on('error', crash);
        worker.on('failed', (_job, error) => crash(error));
        await worker.waitUntilReady();
        return { stop: () => worker.close() };
      },

      close: () => flows.close(),
    };
  },
};
