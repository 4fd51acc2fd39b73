/** Says whose turn it is. Those who take turns have numbers, from 0. */
export interface TurnOrder {
  /**
   * The next one in turn among those that may have it; for the others, their turns until then are over. Undefined
   * when nobody may.
   */
  next(mayHave: readonly boolean[]): number | undefined;
}

/** The first one that may have it. */
export function inOrder(): TurnOrder {
  return {
    next(mayHave) {
      const first = mayHave.indexOf(true);
      return first < 0 ? undefined : first;
    },
  };
}

/**
 * Smooth weighted round-robin: of as many turns in a row as all weights together, wherever one begins to count, each
 * has as many as its weight, and they are spread: with 5 and 1, it is not the turn of the second one after five of the
 * first one, but in their middle. Between two turns of one with the weight w are less than twice sum/w turns.
 *
 * @param weights whole numbers, at least 1.
 */
export function weighted(weights: readonly number[]): TurnOrder {
  const turns = smoothTurns(weights);
  let at = 0;
  return {
    next(mayHave) {
      if (!mayHave.includes(true)) return undefined;
      for (;;) {
        const turn = turns[at] as number;
        at = (at + 1) % turns.length;
        if (mayHave[turn]) return turn;
      }
    },
  };
}

/**
 * The turns, after which they begin again. Source: nginx, `ngx_http_upstream_get_peer`: each turn adds to everybody's
 * credit its weight; who has the most then, the first of several, pays all that was added.
 */
function smoothTurns(weights: readonly number[]): number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const credits = weights.map(() => 0);
  return Array.from({ length: sum }, () => {
    for (const [at, weight] of weights.entries()) credits[at] = (credits[at] as number) + weight;
    const turn = credits.indexOf(Math.max(...credits));
    credits[turn] = (credits[turn] as number) - sum;
    return turn;
  });
}
