// One side of a subject, in a process of its own: does what it is asked by the one that started it.
import { channelSubjects, queueSubjects } from '../subjects/index.js';
import { ChannelSide } from './channel-side.js';
import { QueueSide } from './queue-side.js';
import type { Reply, Request } from './tasks.js';

const [kind = '', name = ''] = process.argv.slice(2);
const side = kind === 'queue' ? await queueSide() : await channelSide();

process.on('message', async (request: Request) => {
  try {
    reply({ id: request.id, value: await perform(request) });
  } catch (error) {
    reply({ id: request.id, error: error instanceof Error ? `${error.stack}` : String(error) });
  }
});
process.on('disconnect', () => process.exit());

function perform({ task, options }: Request): unknown {
  const does = (side as unknown as Record<string, (options: unknown) => unknown>)[task];
  if (!does) throw new Error(`${kind} subjects cannot ${task}`);
  return does.call(side, options);
}

function reply(message: Reply): void {
  process.send?.(message);
}

async function queueSide(): Promise<QueueSide> {
  const load = queueSubjects[name];
  if (!load) throw new Error(`There is no queue subject ${name}`);
  return new QueueSide(await load());
}

async function channelSide(): Promise<ChannelSide> {
  const load = channelSubjects[name];
  if (!load) throw new Error(`There is no channel subject ${name}`);
  return new ChannelSide(await load(), (received) => reply({ received }));
}
