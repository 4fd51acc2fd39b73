/** A source of values, one after the other; undefined at the end. */
export interface Source<Value> {
  next(): Promise<Value | undefined>;
}

/**
 * Yields the values of all sources as they come, and reads each source at most one value ahead. Throws the error of a
 * source.
 *
 * It does not use `Promise.race`, because each race adds a reaction to every pending promise, so the promise of an idle
 * source would keep more and more of them (a memory leak).
 */
export async function* merge<Value, Each extends Source<Value>>(
  sources: readonly Each[],
): AsyncGenerator<{ source: Each; value: Value }> {
  const settled: (() => { source: Each; value: Value | undefined })[] = [];
  let wake = () => {};

  function ask(source: Each): void {
    const settle = (result: () => { source: Each; value: Value | undefined }) => {
      settled.push(result);
      wake();
    };
    source.next().then(
      (value) => settle(() => ({ source, value })),
      (error) =>
        settle(() => {
          throw error;
        }),
    );
  }

  for (const source of sources) ask(source);
  for (let open = sources.length; open > 0; ) {
    const next = settled.shift()?.();
    if (!next) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    } else if (next.value === undefined) {
      open -= 1;
    } else {
      ask(next.source);
      yield { source: next.source, value: next.value };
    }
  }
}
