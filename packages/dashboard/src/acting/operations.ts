import { randomUUID } from 'node:crypto';
import { asError } from '@redpost/core';
import { z } from 'zod';
import { problemOf } from '../http/problem.js';

/** Something that takes longer than a request, and how far it is. */
export const operationSchema = z.object({
  id: z.string(),
  kind: z.string(),
  queue: z.string(),
  user: z.string(),
  state: z.enum(['running', 'done', 'stopped', 'failed']),
  /** How many messages it has changed. */
  changed: z.int(),
  /** How many it has looked at. */
  examined: z.int(),
  /** How many there were when it began. */
  of: z.int(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().optional(),
  error: z.string().optional(),
});
export type OperationView = z.infer<typeof operationSchema>;

interface OperationProgress {
  changed: number;
  examined: number;
  of: number;
}

/** Does the work, and tells how far it is. Resolves when it is done, or soon after the signal is aborted. */
export type Work = (
  signal: AbortSignal,
  progressed: (progress: OperationProgress) => void,
) => Promise<OperationProgress>;

interface Running {
  view: OperationView;
  stopping: AbortController;
  ended: Promise<void>;
}

/** How many that are over are kept. */
const mostKept = 50;

/** What takes long in this process: it goes on when the page is closed, and can be stopped. */
export class Operations {
  readonly #all = new Map<string, Running>();

  /** Starts it. @param ended called when it is over, before it can be seen. */
  start(
    about: Pick<OperationView, 'kind' | 'queue' | 'user'>,
    work: Work,
    ended: (view: OperationView) => Promise<void>,
  ): OperationView {
    const counts = { changed: 0, examined: 0, of: 0 };
    const startedAt = new Date().toISOString();
    const view: OperationView = {
      ...about,
      ...counts,
      id: randomUUID(),
      state: 'running',
      startedAt,
    };
    const stopping = new AbortController();
    const running: Running = { view, stopping, ended: Promise.resolve() };
    running.ended = this.#run(running, work, ended);
    this.#all.set(view.id, running);
    this.#forgetOldOnes();
    return { ...view };
  }

  get(id: string): OperationView | undefined {
    const view = this.#all.get(id)?.view;
    return view && { ...view };
  }

  /** The newest first. */
  list(): OperationView[] {
    return [...this.#all.values()].map(({ view }) => ({ ...view })).reverse();
  }

  /** Resolves when it has stopped. */
  async stop(id: string): Promise<OperationView | undefined> {
    const running = this.#all.get(id);
    running?.stopping.abort();
    await running?.ended;
    return this.get(id);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#all.keys()].map((id) => this.stop(id)));
  }

  async #run(
    { view, stopping }: Running,
    work: Work,
    ended: (view: OperationView) => Promise<void>,
  ): Promise<void> {
    const over: Partial<OperationView> = {};
    try {
      Object.assign(
        view,
        await work(stopping.signal, (progress) => {
          Object.assign(view, progress);
        }),
      );
      over.state = stopping.signal.aborted ? 'stopped' : 'done';
    } catch (thrown) {
      over.state = 'failed';
      over.error = problemOf(thrown).detail ?? asError(thrown).name;
    }
    over.endedAt = new Date().toISOString();
    await ended({ ...view, ...over });
    Object.assign(view, over);
  }

  #forgetOldOnes(): void {
    const over = [...this.#all].filter(([, { view }]) => view.state !== 'running');
    for (const [id] of over.slice(0, Math.max(0, over.length - mostKept))) this.#all.delete(id);
  }
}
