import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { queueKeys } from '../src/keys.js';
import type { ScriptManifest } from '../src/published/manifest.js';
import { published } from '../src/published/scripts.js';
import { renew } from '../src/scripts/renew.js';
import { sendPlaced } from '../src/scripts/send.js';

const folder = new URL('../dist/scripts/', import.meta.url);
const { scripts } = JSON.parse(readFileSync(new URL('scripts.json', folder), 'utf8')) as {
  scripts: Record<string, ScriptManifest>;
};

/** With the names of a queue and a consumer. */
function filled(text: string): string {
  return text.replaceAll('<queue>', 'q').replaceAll('<consumer>', 'c.30000');
}

it('the files of scripts in the package are what the client runs', () => {
  expect(Object.keys(scripts)).toEqual(Object.keys(published));
  for (const [name, { script }] of Object.entries(published)) {
    const text = readFileSync(new URL(`${name}.lua`, folder), 'utf8');
    expect(text, name).toBe(script.lua);
    expect(scripts[name]?.sha1).toBe(createHash('sha1').update(text).digest('hex'));
  }
});

it('scripts.json says which keys and arguments the client calls a script with', () => {
  const keys = queueKeys('q');
  const message = { element: 'e', delayMs: 5, ttlMs: 6 };
  const sent = sendPlaced.encode({ keys, messages: [message] });
  const placed = scripts['send-placed'] as ScriptManifest;
  expect(placed.keys.map(({ key }) => filled(key))).toEqual(sent.keys);
  const args = placed.args.map(({ value = '' }) => filled(value));
  expect([...args, 5, 6, 'e']).toEqual(sent.args);
  expect(placed.rest).toBe(true);

  const input = {
    keys,
    consumer: 'c.30000',
    leaseMs: 30_000,
    take: true,
    inForce: '7',
    about: 'a',
  };
  const renewed = renew.encode(input);
  const manifest = scripts.renew as ScriptManifest;
  expect(manifest.keys.map(({ key }) => filled(key))).toEqual(renewed.keys);
  const given: Record<string, unknown> = {
    lease_ms: 30_000,
    is_new: 1,
    in_force: '7',
    about: 'a',
    pause: '',
  };
  const all = manifest.args.map(({ name, value }) =>
    value === undefined ? given[name] : filled(value),
  );
  expect(all.map(String)).toEqual(renewed.args.map(String));
  expect(manifest.rest).toBe(false);
});

it('scripts.json says of each script what it does, and nothing of the machine that made it', () => {
  for (const [name, { about, args, keys }] of Object.entries(scripts)) {
    expect(about, name).toMatch(/^[A-Z].{20}/s);
    for (const { key } of keys) expect(key).toMatch(/^(<queue>|\{<queue>\}:[\w:-]+(<consumer>)?)$/);
    for (const { value = '0' } of args)
      expect(value).toMatch(/^(\d+|<consumer>|\{<queue>\}:[\w-]+:?)$/);
  }
});
