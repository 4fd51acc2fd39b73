import type { Attributes } from '@opentelemetry/api';
import type { Destination } from '@redpost/core';

/**
 * The names of attributes and metrics, as `@opentelemetry/semantic-conventions` 1.45 has them among its unstable ones, which
 * that package asks libraries to copy.
 *
 * Source: https://opentelemetry.io/docs/specs/semconv/messaging/
 */
export const names = {
  system: 'messaging.system.name',
  operation: 'messaging.operation.name',
  operationType: 'messaging.operation.type',
  destination: 'messaging.destination.name',
  group: 'messaging.consumer.group.name',
  messageId: 'messaging.message.id',
  batchCount: 'messaging.batch.message_count',
  server: 'server.address',
  port: 'server.port',
  error: 'error.type',
} as const;

/** The attributes that spans and metrics of an operation share. @param operation `process`, `receive`, or a method that sends. */
export function attributesOf(
  { kind, name, group, address }: Destination,
  operation: string,
): Attributes {
  const type = operation === 'process' || operation === 'receive' ? operation : 'send';
  const attributes: Attributes = {
    [names.system]: 'redis',
    [names.operation]: operation,
    [names.operationType]: type,
    [names.destination]: name,
    'redpost.kind': kind,
    ...serverOf(address),
  };
  if (group !== undefined) attributes[names.group] = group;
  return attributes;
}

/** Host and port of `host:port`, or the path of a socket. */
function serverOf(address: string): Attributes {
  const [, host, port] = /^(.*):(\d+)$/.exec(address) ?? [];
  if (host === undefined) return { [names.server]: address };
  return { [names.server]: host.replace(/^\[|\]$/g, ''), [names.port]: Number(port) };
}

/** What `error.type` is: the code of an error of redpost, or its name. */
export function errorType(error: unknown): string {
  const { code, name } = Object(error) as { code?: unknown; name?: unknown };
  if (typeof code === 'string') return code;
  return typeof name === 'string' ? name : '_OTHER';
}
