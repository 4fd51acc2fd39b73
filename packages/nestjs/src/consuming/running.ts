/** How the consumer of each instance of a class is stopped. */
const stops = new WeakMap<object, () => Promise<void>>();

/** The consumer of this instance runs. */
export function setRunning(instance: object, stop: () => Promise<void>): void {
  stops.set(instance, stop);
}

/** Stops the consumer of this instance, if it runs. */
export async function stopConsumer(instance: object): Promise<void> {
  const stop = stops.get(instance);
  stops.delete(instance);
  await stop?.();
}
