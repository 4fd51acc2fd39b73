import { InvalidArgumentError } from '../errors.js';

/** A function around another one, which it calls by `next`, at most once. */
export type Wrapper<Item> = (item: Item, next: () => Promise<unknown>) => unknown;

/** Puts wrappers around a function: the first one is the outermost. Without wrappers it is the function itself. */
export function compose<Item>(
  wrappers: readonly Wrapper<Item>[],
  last: (item: Item) => unknown,
): (item: Item) => unknown {
  let call = last;
  for (const wrapper of [...wrappers].reverse()) call = wrapped(wrapper, call);
  return call;
}

function wrapped<Item>(
  wrapper: Wrapper<Item>,
  inner: (item: Item) => unknown,
): (item: Item) => unknown {
  return async (item) => {
    let wasCalled = false;
    return await wrapper(item, async () => {
      if (wasCalled) throw new InvalidArgumentError('next() can be called once only');
      wasCalled = true;
      return await inner(item);
    });
  };
}
