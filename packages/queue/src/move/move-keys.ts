/** The keys that a move adds to those of the queue of the other system. All begin with `<prefix>:<queue>:`. */
export interface MoveKeys {
  /** What the keys of the queue of the other system begin with. */
  readonly base: string;
  /** What the keys of the move begin with. */
  readonly own: string;
  /** HASH: `token`, which names the stream `taken`; and `imported`, its last entry that the queue of redpost has. */
  readonly move: string;
  /** STREAM of the jobs that were taken: `state`, `id` and `score`. The HASH of each is `<own>job:<entry>`. */
  readonly taken: string;
}

export function moveKeys(prefix: string, queue: string): MoveKeys {
  const base = `${prefix}:${queue}:`;
  const own = `${base}redpost:`;
  return { base, own, move: `${own}move`, taken: `${own}taken` };
}
