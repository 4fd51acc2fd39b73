import { encodeBody, validate } from '@redpost/core';
import type { QueueContext } from '../../context.js';
import { encodeEnvelope, withBody } from '../../message/envelope.js';
import type { DeadLetter, ReadLetter } from './dead-letter.js';

/** Makes the element of a dead letter with the body that this function returns. Of one that cannot be read, its entry is the id. */
export function editedBy<Body, Input>(
  { codec, schema }: QueueContext<Body>,
  map: (body: Body | undefined, letter: DeadLetter<Body>) => Input | Promise<Input>,
): (read: ReadLetter<Body>) => Promise<Buffer> {
  return async ({ letter, element }) => {
    const body = await map(letter.body, letter);
    if (schema) await validate(schema, body);
    const encoded = encodeBody(codec, body);
    const idJson = JSON.stringify(letter.entry);
    const edited =
      letter.id === undefined
        ? encodeEnvelope({ idJson, sentAt: letter.diedAt.getTime() }, encoded)
        : withBody(element, encoded);
    return Buffer.from(edited);
  };
}
