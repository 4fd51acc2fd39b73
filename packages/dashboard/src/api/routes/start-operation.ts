import type { Work } from '../../acting/operations.js';
import type { Call } from '../route.js';

export type Progress = Awaited<ReturnType<Work>>;

/** Starts what goes on in the background, and notes who has started it, and how it has ended. */
export async function startOperation(
  call: Call<unknown, unknown>,
  { kind, target, detail }: { kind: string; target: string; detail: string },
  work: Work,
) {
  const { user } = call.rights;
  const entry = { user, action: kind, target, detail };
  await call.note({ ...entry, outcome: 'started' });
  const about = { kind, queue: target, user };
  return call.services.operations.start(about, work, async ({ changed, state }) => {
    const outcome = state === 'running' ? 'done' : state;
    await call.note({ ...entry, count: changed, outcome });
  });
}
