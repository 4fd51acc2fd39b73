import { type Codec, checkedName, InvalidArgumentError, json, type Schema } from '@redpost/core';
import { globMatcher, isGlob } from './glob.js';
import { MessageFormat } from './message-format.js';

/** A format for any body. The types of `PubSub` determine which. */
type Format = MessageFormat<unknown, unknown>;

/** How many names keep the format that was found for them. */
const rememberedNames = 10_000;

/** The format of each channel: one for all, or by the schemas that channels were declared with. */
export class ChannelFormats {
  /** True when all bodies are what the codec `json()` has read, unchanged by a schema. */
  readonly isJson: boolean;
  readonly #common: Format | undefined;
  readonly #declared = new Map<string, Format>();
  readonly #patterns: { matches: (name: string) => boolean; format: Format }[] = [];
  readonly #found = new Map<string, Format>();

  /** @throws InvalidArgumentError */
  constructor(
    codec: Codec<unknown>,
    schema: Schema<unknown> | undefined,
    channels: Readonly<Record<string, Schema<unknown>>> | undefined,
  ) {
    this.isJson = codec === json() && !schema && !channels;
    if (!channels) {
      this.#common = new MessageFormat(codec, schema);
      return;
    }
    if (schema) throw new InvalidArgumentError('Give schema or channels, not both');
    for (const [name, its] of Object.entries(channels)) this.#declare(name, codec, its);
  }

  /**
   * The format of a channel: its own, else that of the first pattern it matches.
   *
   * @throws InvalidArgumentError when channels were declared, and this one was not.
   */
  of(channel: string): Format {
    return this.#common ?? this.#found.get(channel) ?? this.#find(channel);
  }

  /**
   * The format of the messages of a pattern.
   *
   * @throws InvalidArgumentError when channels were declared, and this pattern was not.
   */
  ofPattern(pattern: string): Format {
    const format = this.#common ?? this.#declared.get(pattern);
    if (format) return format;
    throw new InvalidArgumentError(`The pattern ${pattern} is not declared in channels`);
  }

  #declare(name: string, codec: Codec<unknown>, schema: Schema<unknown>): void {
    checkedName('The name of a channel', name);
    if (typeof schema?.['~standard']?.validate !== 'function') {
      throw new InvalidArgumentError(`The schema of channel ${name} is not a Standard Schema`);
    }
    const format = new MessageFormat(codec, schema);
    this.#declared.set(name, format);
    if (isGlob(name)) this.#patterns.push({ matches: globMatcher(name), format });
  }

  #find(channel: string): Format {
    const format =
      this.#declared.get(channel) ?? this.#patterns.find(({ matches }) => matches(channel))?.format;
    if (!format) {
      throw new InvalidArgumentError(`The channel ${channel} is not declared in channels`);
    }
    if (this.#found.size >= rememberedNames) this.#found.clear();
    this.#found.set(channel, format);
    return format;
  }
}
