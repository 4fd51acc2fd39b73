/**
 * The name under which a consumer holds its lease of one list: that of the list of the queue's name is its own, and for a partition it
 * has the number of that in it, e.g. `aDE1ikWPFxMi+2.30000`.
 *
 * @param at of the list, 0 for that of the queue's name.
 */
export function leaseName(consumer: string, at: number): string {
  return at === 0 ? consumer : consumer.replace(/(?=\.\d+$)|$/, `+${at - 1}`);
}

/** The consumer that has a lease under this name. */
export function consumerOfLease(name: string): string {
  return name.replace(/\+\d+(?=\.\d+$|$)/, '');
}
