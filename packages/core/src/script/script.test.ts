import { describe, expect, it } from 'vitest';
import { definePart } from './part.js';
import { defineScript } from './script.js';

it('a script knows the hash that the server gives its text', () => {
  const script = defineScript({ name: 'one', lua: 'return 1', parse: Number });

  // `SCRIPT LOAD 'return 1'`
  expect(script.sha).toBe('e0e1f9fabfc9d4800c877a703b823ac0578ff8db');
  expect(script.encode('k')).toEqual({ keys: [], args: [] });
});

it('names of keys and arguments become positions in the call, and variables in Lua', () => {
  const script = defineScript<{ list: string; items: string[]; also?: string }, number>({
    name: 'push',
    keys: { list: ({ list }) => list, also: ({ also }) => also },
    args: { count: ({ items }) => items.length },
    rest: ({ items }) => items,
    lua: 'return 1',
    parse: Number,
  });

  expect(script.lua.split('\n')).toEqual([
    'local list, also = unpack(KEYS, 1, 2)',
    'local count = unpack(ARGV, 1, 1)',
    'local rest = 2',
    'return 1',
  ]);
  const items = ['a', 'b'];
  expect(script.encode({ list: 'l', items })).toEqual({ keys: ['l'], args: [2, 'a', 'b'] });
  expect(script.encode({ list: 'l', items, also: 'm' }).keys).toEqual(['l', 'm']);
});

describe('parts', () => {
  const clock = definePart({ name: 'clock', lua: '-- clock' });
  const held = definePart({ name: 'held', uses: [clock], needs: ['active'], lua: '-- held' });
  const ending = definePart({ name: 'ending', uses: [clock, held], lua: '-- ending' });
  const script = { name: 'ack', uses: [ending, clock, held], lua: 'return 1', parse: Number };

  it('stand in front of the script, each once, behind those that it uses', () => {
    const { lua } = defineScript({ ...script, keys: { active: (key: string) => key } });

    expect(lua).toBe('local active = unpack(KEYS, 1, 1)\n-- clock\n-- held\n-- ending\nreturn 1');
  });

  it('are rejected when a needed name is not declared', () => {
    expect(() => defineScript(script)).toThrow(
      "The script 'ack' uses the part 'held', which needs 'active' among its keys and arguments",
    );
  });
});

it.each([['to-do'], ['1st'], ['']])('%j cannot be a variable of Lua', (name) => {
  const script = { name: 's', lua: '', parse: Number, args: { [name]: () => 1 } };

  expect(() => defineScript(script)).toThrow(`'${name}', a key or argument of the script 's'`);
});

it('names that a definition does not have are rejected', () => {
  const script = { name: 's', lua: '', parse: Number, encode: () => ({ keys: [], args: [] }) };

  expect(() => defineScript(script)).toThrow('defineScript() has no option "encode"');
});

it('one name cannot be both a key and an argument', () => {
  const script = {
    name: 's',
    lua: '',
    parse: Number,
    args: { x: () => 1 },
    keys: { x: () => 'k' },
  };

  expect(() => defineScript(script)).toThrow('is there twice');
});
