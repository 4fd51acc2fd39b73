import { expect, it } from 'vitest';
import { defineScript } from './script.js';

it('a script knows the hash that the server gives its text', () => {
  const script = defineScript({
    name: 'one',
    lua: 'return 1',
    encode: (key: string) => ({ keys: [key], args: [] }),
    parse: Number,
  });

  // `SCRIPT LOAD 'return 1'`
  expect(script.sha).toBe('e0e1f9fabfc9d4800c877a703b823ac0578ff8db');
  expect(script.encode('k')).toEqual({ keys: ['k'], args: [] });
});
