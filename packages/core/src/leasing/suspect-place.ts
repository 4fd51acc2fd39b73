/**
 * The one place that a consumer has for a suspect, a message that may have killed its consumer: see
 * scripts/recover.lua. With one at a time, the next crash names the culprit.
 */
export class SuspectPlace<Name> {
  #taken: Name | undefined;
  #mayBeThere = true;

  /** True when a suspect should be asked for. */
  get isFree(): boolean {
    return this.#mayBeThere && this.#taken === undefined;
  }

  /** This one is held, or asked for. */
  take(name: Name): void {
    this.#taken = name;
    this.#mayBeThere = false;
  }

  /** None was there when it was asked for: what is heard of meanwhile is not forgotten. */
  foundNone(): void {
    this.#taken = undefined;
  }

  /** There may be suspects that were not there before. */
  lookAgain(): void {
    this.#mayBeThere = true;
  }

  /** Another one may come. */
  free(): void {
    this.#taken = undefined;
    this.#mayBeThere = true;
  }

  /** This delivery is settled: if it was the suspect, another one may come. */
  settled(name: Name): void {
    if (name === this.#taken) this.free();
  }
}
