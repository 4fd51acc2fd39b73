/** What all further names are counted under. */
const otherName = '_other';

/** Keeps the number of label values bounded: the first names are themselves, and all further ones are one. */
export class BoundedNames {
  readonly #most: number;
  readonly #known = new Set<string>();

  constructor(most: number) {
    this.#most = most;
  }

  /** The label for this name. @param counted what is counted, where several may have the same name. */
  label(name: string, counted = name): string {
    if (this.#known.has(counted)) return name;
    if (this.#known.size >= this.#most) return otherName;
    this.#known.add(counted);
    return name;
  }
}
