import type { Connection, ConnectionEvents, Slice, Subscriber } from '../../src/index.js';

/** The names of the status events of a connection, in their order. */
export function recordEvents(connection: Connection): string[] {
  const names: string[] = [];
  const events: (keyof ConnectionEvents)[] = ['ready', 'interrupted', 'resumed', 'closed'];
  for (const name of events) connection.on(name, () => names.push(name));
  return names;
}

/** A subscriber that keeps everything it is told. */
export class Recorder implements Subscriber {
  readonly messages: string[] = [];
  readonly events: string[] = [];
  downMs: number | undefined;

  message(channel: string, payload: Slice): void {
    this.messages.push(`${channel} ${payload.toString()}`);
  }

  interrupted(): void {
    this.events.push('interrupted');
  }

  resumed(downMs: number): void {
    this.events.push('resumed');
    this.downMs = downMs;
  }
}
