import {
  asError,
  type Codec,
  encodeBody,
  isRedpostError,
  type RedpostError,
  type Schema,
  ValidationError,
  validate,
} from '@redpost/core';
import { decodeSlice, messageOf, type Slice } from '@redpost/core/consuming';

/**
 * Encodes and decodes bodies with the codec, and checks them with the schema at both ends. Both directions
 * are synchronous unless the schema is asynchronous, so that most messages need no promise.
 */
export class MessageFormat<Body, Received> {
  readonly #codec: Codec<Body>;
  readonly #schema: Schema<Body, Received> | undefined;

  constructor(codec: Codec<Body>, schema: Schema<Body, Received> | undefined) {
    this.#codec = codec;
    this.#schema = schema;
  }

  /**
   * The bytes to publish. They encode the given body and not the output of the schema: the subscriber's
   * schema transforms it, and this must not happen twice.
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
  decode(payload: Slice): Received | Promise<Received> {
    const body = decodeSlice(this.#codec, payload);
    if (!this.#schema) return body as unknown as Received;
    return this.#validate(this.#schema, body);
  }

  #toBytes(body: Body): string | Buffer {
    const encoded = encodeBody(this.#codec, body);
    return typeof encoded === 'string' ? encoded : toBuffer(encoded);
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
