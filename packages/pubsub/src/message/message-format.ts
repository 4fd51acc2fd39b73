import {
  asError,
  type Codec,
  DecodeError,
  EncodeError,
  isRedpostError,
  type RedpostError,
  type Schema,
  ValidationError,
  validate,
} from '@redpost/core';
import { messageOf } from '@redpost/core/consuming';

/**
 * A body on its way to bytes and back: the codec, and the schema at both ends. Each way is
 * synchronous unless the schema is not, so that most messages cost no promise.
 */
export class MessageFormat<Body, Received> {
  readonly #codec: Codec<Body>;
  readonly #schema: Schema<Body, Received> | undefined;

  constructor(codec: Codec<Body>, schema: Schema<Body, Received> | undefined) {
    this.#codec = codec;
    this.#schema = schema;
  }

  /**
   * The bytes to publish. They are those of the body as it was given, not of what the schema
   * makes of it: the subscriber's schema does that, and a transformation must not happen twice.
   *
   * @throws ValidationError, EncodeError, or rejects with them.
   */
  encode(body: Body): string | Buffer | Promise<string | Buffer> {
    if (!this.#schema) return this.#toBytes(body);
    const validated = this.#validate(this.#schema, body);
    if (validated instanceof Promise) return validated.then(() => this.#toBytes(body));
    return this.#toBytes(body);
  }

  /** @throws DecodeError, ValidationError, or rejects with them. */
  decode(payload: Buffer): Received | Promise<Received> {
    const body = this.#fromBytes(payload);
    if (!this.#schema) return body as unknown as Received;
    return this.#validate(this.#schema, body);
  }

  #toBytes(body: Body): string | Buffer {
    try {
      const encoded = this.#codec.encode(body);
      return typeof encoded === 'string' ? encoded : toBuffer(encoded);
    } catch (thrown) {
      const cause = asError(thrown);
      throw new EncodeError(
        `The body cannot be encoded as ${this.#codec.name}: ${messageOf(cause)}`,
        {
          cause,
        },
      );
    }
  }

  #fromBytes(payload: Buffer): Body {
    try {
      return this.#codec.decode(payload);
    } catch (thrown) {
      const cause = asError(thrown);
      throw new DecodeError(`The body is not ${this.#codec.name}: ${messageOf(cause)}`, { cause });
    }
  }

  #validate(schema: Schema<Body, Received>, body: Body): Received | Promise<Received> {
    try {
      const validated = validate(schema, body);
      return validated instanceof Promise ? validated.catch(rethrow) : validated;
    } catch (thrown) {
      return rethrow(thrown);
    }
  }
}

function rethrow(thrown: unknown): never {
  throw isRedpostError(thrown) ? thrown : schemaFailure(thrown);
}

function schemaFailure(thrown: unknown): RedpostError {
  const cause = asError(thrown);
  return new ValidationError(`The schema failed: ${messageOf(cause)}`, { issues: [], cause });
}

function toBuffer(encoded: Uint8Array): Buffer {
  if (Buffer.isBuffer(encoded)) return encoded;
  return Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength);
}
