/** How an attempt at a message has ended. All but `retried` are final. */
export type Outcome = 'acked' | 'retried' | 'dead' | 'expired' | 'cancelled';

/** In the order in which they are counted: see docs/protocol.md. */
export const outcomes: readonly Outcome[] = ['acked', 'retried', 'dead', 'expired', 'cancelled'];
