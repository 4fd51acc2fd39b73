import { FlowProducer } from 'bullmq';
import type { Body, QueueSubject } from '../subject.js';
import { startWorker } from './bullmq-worker.js';
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

      consume: (handler, concurrency) => startWorker(url, ({ data }) => handler(data), concurrency),

      close: () => flows.close(),
    };
  },
};
