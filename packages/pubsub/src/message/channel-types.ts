import type { Schema } from '@redpost/core';

/** A schema per channel, or per glob-style pattern of channels. */
// biome-ignore lint/suspicious/noExplicitAny: a schema of any type; `unknown` would not take one.
export type ChannelSchemas = Readonly<Record<string, Schema<any, any>>>;

/** The names that a declared name stands for: itself, or the names that its pattern matches. */
type NamesOf<Key extends string> = Key extends `${infer Head}*${infer Tail}`
  ? `${Head}${string}${NamesOf<Tail>}`
  : Key extends `${string}${'?' | '[' | '\\'}${string}`
    ? string
    : Key;

type IsPattern<Key extends string> = Key extends `${string}${'*' | '?' | '[' | '\\'}${string}`
  ? true
  : false;

/** The declared name that determines the body of a channel: its own, else the patterns it matches. */
type KeyOf<Channels, Name> = Name extends keyof Channels
  ? Name
  : {
      [Key in keyof Channels & string]: Name extends NamesOf<Key> ? Key : never;
    }[keyof Channels & string];

type InputOf<S> = S extends Schema<infer Input, infer _> ? Input : never;
type OutputOf<S> = S extends Schema<infer _, infer Output> ? Output : never;

/** The channels that can be published and subscribed to. */
export type ChannelName<Channels> = Channels extends ChannelSchemas
  ? NamesOf<keyof Channels & string>
  : string;

/** The patterns that can be subscribed to. */
export type PatternName<Channels> = Channels extends ChannelSchemas
  ? {
      [Key in keyof Channels & string]: IsPattern<Key> extends true ? Key : never;
    }[keyof Channels & string]
  : string;

/** The body type that can be published to a channel. */
export type PublishBody<Body, Channels, Name> = Channels extends ChannelSchemas
  ? InputOf<Channels[KeyOf<Channels, Name> & keyof Channels]>
  : Body;

/** The body type that a subscriber of a channel or of a declared pattern gets. */
export type ReceivedBody<Received, Channels, Name> = Channels extends ChannelSchemas
  ? OutputOf<Channels[KeyOf<Channels, Name> & keyof Channels]>
  : Received;
