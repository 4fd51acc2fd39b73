import { type Processor, Worker } from 'bullmq';
import type { Body, Consuming } from '../subject.js';
import { crash } from './crash.js';

/** Starts a worker of the queue `bench` that ends the measurement when anything goes wrong. */
export async function startWorker(
  url: string,
  process: Processor<Body>,
  concurrency: number,
): Promise<Consuming> {
  const connection = { url, maxRetriesPerRequest: null };
  const worker = new Worker<Body>('bench', process, { connection, concurrency });
  worker.on('error', crash);
  worker.on('failed', (_job, error) => crash(error));
  await worker.waitUntilReady();
  return { stop: () => worker.close() };
}
