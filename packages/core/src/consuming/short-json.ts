/**
 * The same message with a short form in JSON: its bytes are what its body says already. Of one that could
 * not be read they are all there is, and come as base64.
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
