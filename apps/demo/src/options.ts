import { parseArgs } from 'node:util';
import { longestTimerMs, parseDuration, shown } from '@redpost/core';
import { UsageError } from './failure.js';

export interface DemoOptions {
  producers: number;
  consumers: number;
  /** Of each producer. */
  messages: number;
  /** Between two messages of one producer. */
  intervalMs: number;
  /** A Redis of the user's own; undefined for a private one. */
  redis: RedisChoice | undefined;
  /** Whether the dashboard is opened beside it. */
  dashboard: boolean;
}

export interface RedisChoice {
  url: string;
  /** Who named it, for messages. */
  source: '--redis' | 'REDIS_URL';
}

const flags = {
  producers: { type: 'string', default: '10' },
  consumers: { type: 'string', default: '10' },
  messages: { type: 'string', default: '10' },
  interval: { type: 'string', default: '2s' },
  redis: { type: 'string' },
  dashboard: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h' },
} as const;

/** @throws UsageError for an option that is unknown or cannot work. */
export function parseOptions(args: string[], env: NodeJS.ProcessEnv): DemoOptions | 'help' {
  const values = parseFlags(args);
  if (values.help) return 'help';
  return {
    producers: count('--producers', values.producers, 500),
    consumers: count('--consumers', values.consumers, 500),
    messages: count('--messages', values.messages, 100_000),
    intervalMs: interval(values.interval),
    redis: chooseRedis(values.redis, env),
    dashboard: values.dashboard,
  };
}

function parseFlags(args: string[]) {
  try {
    return parseArgs({ args, options: flags }).values;
  } catch (error) {
    // Node's advice after the first sentence is about a double dash, which would not help here.
    const [message] = (error as Error).message.split(/\n|\. /);
    throw new UsageError(message ?? 'These options cannot be read');
  }
}

function count(name: string, text: string, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 1 && value <= max) return value;
  throw new UsageError(`${name} must be a whole number from 1 to ${max}, got ${shown(text)}`);
}

function interval(text: string): number {
  try {
    const ms = parseDuration(text);
    if (ms <= longestTimerMs) return ms;
  } catch {
    // Said below, with the option's name.
  }
  throw new UsageError(`--interval must be a duration like 500ms or 2s, got ${shown(text)}`);
}

function chooseRedis(flag: string | undefined, env: NodeJS.ProcessEnv): RedisChoice | undefined {
  if (flag === '') throw new UsageError('--redis must be a URL like redis://localhost:6379');
  if (flag) return { url: flag, source: '--redis' };
  return env.REDIS_URL ? { url: env.REDIS_URL, source: 'REDIS_URL' } : undefined;
}
