import { compose, type Wrapper } from './compose.js';
import { observeHandle } from './observation.js';
import type { HandleOperation } from './observer.js';

/**
 * A handler with what surrounds it, and with what observes it.
 *
 * @param operationOf describes a call to observers; undefined where it is not observed.
 */
export function handlerCall<Item>(
  wrappers: readonly Wrapper<Item>[],
  handler: (item: Item) => unknown,
  operationOf: (item: Item) => HandleOperation | undefined,
): (item: Item) => unknown {
  const call = compose(wrappers, handler);
  return (item) => {
    const operation = operationOf(item);
    return operation ? observeHandle(operation, () => call(item)) : call(item);
  };
}
