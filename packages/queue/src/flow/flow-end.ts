/**
 * Why a flow is over.
 *
 * - `closed`: it was closed, and all members have ended.
 * - `cancelled`: by `cancel()`, or by a dead member where `onDead` is `cancel-rest`. Members that had not ended count as
 *   cancelled.
 * - `idle`: it was left open, all members have ended, and nothing was sent to it for `idleMs`. The process that opened it has
 *   probably died.
 */
export type FlowOver = 'closed' | 'cancelled' | 'idle';

/** How many members of a flow have ended in each way. */
export interface FlowCounts {
  /** Acknowledged. */
  readonly done: number;
  /** Became dead letters. One that is redriven later is no member any more, and is not counted again. */
  readonly dead: number;
  /** Had expired before they were handled (`ttlMs`). */
  readonly expired: number;
  /** Cancelled, purged, dropped, or deleted with their queue. */
  readonly cancelled: number;
}

/** How a flow has ended, as its continuation tells it. */
export interface FlowEnd extends FlowCounts {
  /** The id of the flow. */
  readonly id: string;
  readonly over: FlowOver;
}

/** Which flow a message is a member of. */
export interface FlowName {
  /** The id of the flow. */
  readonly id: string;
  /** The name of the queue that it continues in. */
  readonly queue: string;
}

/** The flow that a header names, or undefined. @param name see scripts/parts/member.lua. */
export function flowNameIn(name: unknown): FlowName | undefined {
  if (typeof name !== 'string') return undefined;
  const [, id, queue] = /^\+?([^:]+):(.+)$/s.exec(name) ?? [];
  return id === undefined || queue === undefined ? undefined : { id, queue };
}

/** True for a flow that asks for the results of its members. */
export function asksForResults(name: string): boolean {
  return name.startsWith('+');
}

/** How a flow has ended, as a header tells it. */
export function flowEndIn(ended: unknown): FlowEnd | undefined {
  if (typeof ended !== 'object' || ended === null) return undefined;
  const { flow, how, done, dead, expired, cancelled } = ended as Record<string, unknown>;
  const counts = { done, dead, expired, cancelled };
  const areNumbers = Object.values(counts).every((count) => Number.isSafeInteger(count));
  if (typeof flow !== 'string' || typeof how !== 'string' || !areNumbers) return undefined;
  return { id: flow, over: how as FlowOver, ...(counts as unknown as FlowCounts) };
}
