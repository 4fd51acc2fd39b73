import { readdirSync } from 'node:fs';
import type { Script } from '@redpost/core';
import { expect, it } from 'vitest';
import { leaseOf } from '../src/scripts/lease.js';
import type { Shape } from '../src/shape/shape.js';
import { useRedis } from './support/use-redis.js';

const redis = useRedis();
const folder = new URL('../src/scripts/', import.meta.url);

function isScript(value: unknown): value is Script<unknown, unknown> {
  return typeof value === 'object' && value !== null && 'lua' in value && 'sha' in value;
}

async function allScripts(): Promise<Script<unknown, unknown>[]> {
  const files = readdirSync(folder).filter((file) => file.endsWith('.ts'));
  const modules = await Promise.all(files.map((file) => import(new URL(file, folder).href)));
  const found = modules.flatMap((exports) => Object.values(exports)).filter(isScript);
  const leases = ['', '1'].map((version) => leaseOf({ version } as Shape));
  return [...found, ...leases] as Script<unknown, unknown>[];
}

it('each script compiles, also with a few more local variables, of which Lua allows 200', async () => {
  const connection = redis.connection();
  const more = Array.from({ length: 20 }, (_, at) => `more_${at}`).join(', ');
  const scripts = await allScripts();
  expect(scripts.length).toBeGreaterThan(40);
  for (const { lua } of scripts) {
    await connection.call('SCRIPT', ['LOAD', `local ${more}\n${lua}`]);
  }
});
