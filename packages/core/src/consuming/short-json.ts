/**
 * Gives a message a short form in JSON. The bytes are left out, because the body says the same. A message that could not
 * be read has no body, and its bytes are written as base64.
 */
export function withShortJson<Message extends { body: unknown; bytes: Buffer }>(
  message: Message,
): Message {
  return Object.defineProperty(message, 'toJSON', {
    value(this: Message) {
      const { bytes, ...rest } = this;
      return this.body === undefined ? { ...rest, bytes: bytes.toString('base64') } : rest;
    },
  });
}
