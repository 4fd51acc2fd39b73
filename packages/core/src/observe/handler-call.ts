import { compose, type Wrapper } from './compose.js';
import { observeHandle } from './observation.js';
import type {
  Destination,
  HandleOperation,
  ObservedMessage,
  ReceivedTogether,
} from './observer.js';

/** What observers of handlers are told of their calls. */
interface ObservedHandler<Item> {
  readonly destination: Destination;
  /** True for a handler of batches. */
  readonly isBatch: boolean;
  /** What the messages of this call have come with; undefined where it is not observed. */
  receivedOf(item: Item): ReceivedTogether | undefined;
  /** The messages of this call, as observers see them. */
  messagesOf(item: Item): readonly ObservedMessage[];
}

/** A handler with what surrounds it, and with what observes it. */
export function handlerCall<Item>(
  wrappers: readonly Wrapper<Item>[],
  handler: (item: Item) => unknown,
  about: ObservedHandler<Item>,
): (item: Item) => unknown {
  const call = compose(wrappers, handler);
  return (item) => {
    const received = about.receivedOf(item);
    if (!received) return call(item);
    return observeHandle(new ObservedCall(about, received, item), () => call(item));
  };
}

/** Describes the messages only when it is asked for them: most observers want few. */
class ObservedCall<Item> implements HandleOperation {
  readonly kind: Destination['kind'];
  readonly name: string;
  readonly group: string | undefined;
  readonly address: string;
  readonly isBatch: boolean;
  readonly received: ReceivedTogether;
  readonly #about: ObservedHandler<Item>;
  readonly #item: Item;
  #messages: readonly ObservedMessage[] | undefined;

  constructor(about: ObservedHandler<Item>, received: ReceivedTogether, item: Item) {
    const { kind, name, group, address } = about.destination;
    this.kind = kind;
    this.name = name;
    this.group = group;
    this.address = address;
    this.isBatch = about.isBatch;
    this.received = received;
    this.#about = about;
    this.#item = item;
  }

  get messages(): readonly ObservedMessage[] {
    this.#messages ??= this.#about.messagesOf(this.#item);
    return this.#messages;
  }
}
