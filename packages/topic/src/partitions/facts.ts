import type { Reply } from '@redpost/core';

/** The number of the first partition of a generation, and how many partitions it has. */
interface GenerationFacts {
  readonly first: number;
  readonly count: number;
}

/** What Redis has of the partitions of a topic, in the HASH `{name}:topic`. */
export interface Facts {
  /** How many partitions the topic has; 0 for none. */
  readonly count: number;
  /** The number of the first of them. */
  readonly first: number;
  /** The generations before that may have something left, oldest first. */
  readonly former: readonly GenerationFacts[];
  /** The generations before these, of which only streams without records are left. */
  readonly emptied: readonly GenerationFacts[];
  /** To how many partitions the number is being changed; undefined when it is not. */
  readonly next: number | undefined;
  /** When the number was changed last, by the server's clock, in ms since 1970; undefined when it never was. */
  readonly changedAt: number | undefined;
}

/** The fields that say it, in the order of {@link factsOf}. */
export const factFields = ['partitions', 'first', 'former', 'next', 'changed', 'emptied'] as const;

/** Reads the values of {@link factFields}. Undefined for a topic that was not declared yet. */
export function factsOf(reply: Reply): Facts | undefined {
  const texts = (reply as (Buffer | null)[]).map((value) => value?.toString());
  const [count, first, former, next, changed, emptied] = texts;
  if (count === undefined) return undefined;
  return {
    count: Number(count),
    first: Number(first ?? 0),
    former: pairsOf(former),
    emptied: pairsOf(emptied),
    next: next === undefined ? undefined : Number(next),
    changedAt: changed === undefined ? undefined : Number(changed),
  };
}

function pairsOf(text = ''): GenerationFacts[] {
  return text
    .split(' ')
    .filter(Boolean)
    .map((pair) => {
      const [first, count] = pair.split(':').map(Number) as [number, number];
      return { first, count };
    });
}
