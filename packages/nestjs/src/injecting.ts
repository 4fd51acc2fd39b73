import { Inject } from '@nestjs/common';
import { getConnectionToken, getQueueToken } from './tokens.js';

/** Injects a queue. @param connection the name of its connection, where there are several. */
export function InjectQueue(
  queue: string,
  connection?: string,
): PropertyDecorator & ParameterDecorator {
  return Inject(getQueueToken(queue, connection));
}

/** Injects the connection, e.g. for a `Topic` or a `PubSub`. @param connection its name, where there are several. */
export function InjectConnection(connection?: string): PropertyDecorator & ParameterDecorator {
  return Inject(getConnectionToken(connection));
}
