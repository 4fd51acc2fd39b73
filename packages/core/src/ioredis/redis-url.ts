import type { RedisOptions } from 'ioredis';
import { InvalidArgumentError } from '../errors.js';

/** The parameters that a URL may have after its `?`, with their possible values. */
const inQuery = {
  db: /^\d{1,9}$/,
  protocol: /^[23]$/,
  family: /^[046]$/,
} as const;

/**
 * The options that a URL, or the path of a unix socket, stands for.
 *
 * @throws InvalidArgumentError that shows nothing of the input: any part of it may be a password, or, with an
 *   unescaped `/`, `?`, `#` or `@` in it, the rest of one.
 */
export function parseUrl(text: string): RedisOptions {
  if (text.startsWith('/')) return { path: text };
  if (!URL.canParse(text)) {
    throw new InvalidArgumentError('The Redis URL cannot be parsed: write redis://host:6379');
  }
  const url = new URL(text);
  if (!['redis:', 'rediss:', 'unix:'].includes(url.protocol)) {
    throw new InvalidArgumentError('A Redis URL starts with redis://, rediss:// or unix://');
  }
  if (url.protocol === 'unix:' && url.host) {
    throw new InvalidArgumentError(
      'The URL of a unix socket has three slashes: unix:///run/redis.sock',
    );
  }
  if (url.hash) {
    throw new InvalidArgumentError(
      'Nothing in a Redis URL starts with #: in a password it is written %23',
    );
  }
  return {
    ...placeOf(url),
    ...(url.username && { username: decoded(url.username) }),
    ...(url.password && { password: decoded(url.password) }),
    ...queryOf(url),
    ...(url.protocol === 'rediss:' && { tls: {} }),
  };
}

function placeOf(url: URL): RedisOptions {
  if (url.protocol === 'unix:') return { path: decoded(url.pathname) };
  const db = url.pathname.slice(1);
  if (db && !inQuery.db.test(db)) {
    throw new InvalidArgumentError('The path of a Redis URL is the number of a database');
  }
  return {
    host: url.hostname.replace(/^\[|\]$/g, '') || '127.0.0.1',
    port: Number(url.port || 6379),
    ...(db && { db: Number(db) }),
  };
}

function queryOf({ searchParams, protocol, pathname }: URL): RedisOptions {
  const given = [...searchParams];
  const options: Record<string, number> = {};
  for (const [name, value] of given) {
    if (!isInQuery(name)) {
      throw new InvalidArgumentError(
        'The query of a Redis URL may have db, protocol and family, but it has: ' +
          'give what is meant as an option to connect(). In a password, ? is written %3F',
      );
    }
    if (!inQuery[name].test(value) || name in options) {
      throw new InvalidArgumentError(
        `${name} in the query of a Redis URL is one number, e.g. ${name}=${name === 'family' ? 4 : 2}`,
      );
    }
    options[name] = Number(value);
  }
  if ('db' in options && protocol !== 'unix:' && pathname.length > 1) {
    throw new InvalidArgumentError('A Redis URL names its database once: /2 or ?db=2');
  }
  return options;
}

function isInQuery(name: string): name is keyof typeof inQuery {
  return Object.hasOwn(inQuery, name);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new InvalidArgumentError('A percent sign in a Redis URL is written %25');
  }
}
