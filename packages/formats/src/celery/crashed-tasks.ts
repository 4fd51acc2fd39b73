import type { Connection } from '@redpost/core';
import type { DeadLetter, Queue } from '@redpost/queue';
import { decodeTask, type TaskMessage } from './celery-message.js';
import type { CeleryResults } from './celery-results.js';
import type { CeleryMessage } from './celery-task.js';
import { refusal } from './errors.js';
import type { FollowUps } from './follow-ups.js';

/** How far back is looked for what has just died, in ms: nobody has held up this process for longer. */
const lookBackMs = 60_000;
const perCall = 100;

export interface CrashedTasksHost {
  connection: Connection;
  queues: ReadonlyMap<string, Queue<CeleryMessage>>;
  results: CeleryResults;
  followUps: FollowUps;
}

/**
 * Tasks that have become dead letters because their consumers died: no handler is there to say so, and who waits for the
 * result would wait forever.
 */
export class CrashedTasks {
  readonly #host: CrashedTasksHost;

  constructor(host: CrashedTasksHost) {
    this.#host = host;
  }

  /** Stores `FAILURE` for those of this queue that have just died, as Celery does when a worker was lost. */
  async store(name: string): Promise<void> {
    const { connection, queues } = this.#host;
    const queue = queues.get(name) as Queue<CeleryMessage>;
    // The time of dead letters is the server's.
    const [seconds] = (await connection.call('TIME', [])) as Buffer[];
    const since = new Date(Number(String(seconds)) * 1000 - lookBackMs);
    for (let after: string | undefined; ; ) {
      const filter = { reason: 'crashed', since };
      const letters = await queue.deadLetters.list({ filter, limit: perCall, after });
      for (const letter of letters) await this.#storeOne(letter);
      after = letters.at(-1)?.entry;
      if (letters.length < perCall) return;
    }
  }

  async #storeOne({ bytes, error }: DeadLetter<CeleryMessage>): Promise<void> {
    const task = taskIn(bytes);
    if (!task) return;
    await this.#host.results.refused(
      task,
      refusal('WorkerLostError', 'billiard.exceptions', error),
    );
    await this.#host.followUps.failed(task);
  }
}

/** Undefined for what no handler could have crashed on. */
function taskIn(bytes: Buffer): TaskMessage | undefined {
  try {
    return decodeTask(bytes);
  } catch {
    return undefined;
  }
}
