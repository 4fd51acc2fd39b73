import { setTimeout as pause } from 'node:timers/promises';
import { asError, type Connection } from '@redpost/core';

export interface KeepAliveOptions {
  signal: AbortSignal;
  answered(ms: number): void;
  failed(error: Error): void;
}

const everyMs = 1000;

/** Pings Redis every second until `signal` is aborted. Never rejects. */
export async function keepAlive(
  connection: Connection,
  { signal, answered, failed }: KeepAliveOptions,
): Promise<void> {
  while (!signal.aborted) {
    try {
      answered(await connection.ping({ timeoutMs: everyMs }));
    } catch (error) {
      if (!signal.aborted) failed(asError(error));
    }
    // Rejects only when it is aborted, and then the loop ends.
    await pause(everyMs, undefined, { signal }).catch(() => {});
  }
}
