/**
 * Lets a consumer hold one suspect at a time. A suspect is a message that may have killed its consumer: see
 * scripts/recover.lua. If a consumer that holds a single suspect dies, this suspect was the cause.
 */
export class SuspectPlace<Name> {
  #taken: Name | undefined;
  #mayBeThere = true;

  /** True when a suspect should be asked for. */
  get isFree(): boolean {
    return this.#mayBeThere && this.#taken === undefined;
  }

  /** This suspect is held, or a suspect was asked for. */
  take(name: Name): void {
    this.#taken = name;
    this.#mayBeThere = false;
  }

  /** A call has found no suspect. A `lookAgain()` since that call still counts. */
  foundNone(): void {
    this.#taken = undefined;
  }

  /** There may be new suspects. */
  lookAgain(): void {
    this.#mayBeThere = true;
  }

  /** Another suspect may be asked for. */
  free(): void {
    this.#taken = undefined;
    this.#mayBeThere = true;
  }

  /** This delivery is settled. If it was the suspect, another one may be asked for. */
  settled(name: Name): void {
    if (name === this.#taken) this.free();
  }
}
