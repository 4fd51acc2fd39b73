import type { Child } from '../child.js';

/** Processes of which each is replaced when it dies, as a process manager would. */
export class Crew {
  /** All there ever were. */
  readonly everyone: Child[] = [];
  readonly #start: () => Child;
  readonly #members = new Set<Child>();
  #isStopping = false;
  /** How many have died. */
  deaths = 0;

  constructor(size: number, start: () => Child) {
    this.#start = start;
    for (let i = 0; i < size; i += 1) this.#hire();
  }

  /** The longest-serving member first. */
  get members(): Child[] {
    return [...this.#members];
  }

  /** From now on nobody is replaced. */
  disband(): void {
    this.#isStopping = true;
  }

  /** Asks all to finish, and waits until they have. */
  async stop(): Promise<void> {
    this.disband();
    await Promise.all(this.members.map((member) => member.finish()));
  }

  #hire(): void {
    const member = this.#start();
    this.everyone.push(member);
    this.#members.add(member);
    void member.exited.then(() => {
      this.#members.delete(member);
      if (this.#isStopping) return;
      this.deaths += 1;
      this.#hire();
    });
  }
}
