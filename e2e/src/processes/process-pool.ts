import type { Child } from '../child.js';

/** Processes of which each is replaced when it dies, as a process manager would. */
export class ProcessPool {
  /** All processes that were ever started. */
  readonly all: Child[] = [];
  readonly #start: () => Child;
  readonly #members = new Set<Child>();
  #isStopping = false;
  /** How many have died. */
  deaths = 0;

  constructor(size: number, start: () => Child) {
    this.#start = start;
    for (let i = 0; i < size; i += 1) this.#startOne();
  }

  /** The running processes, the oldest first. */
  get members(): Child[] {
    return [...this.#members];
  }

  /** From now on no process is replaced. */
  stopReplacing(): void {
    this.#isStopping = true;
  }

  /** Asks all to finish, and waits until they have. */
  async stop(): Promise<void> {
    this.stopReplacing();
    await Promise.all(this.members.map((member) => member.finish()));
  }

  #startOne(): void {
    const member = this.#start();
    this.all.push(member);
    this.#members.add(member);
    void member.exited.then(() => {
      this.#members.delete(member);
      if (this.#isStopping) return;
      this.deaths += 1;
      this.#startOne();
    });
  }
}
