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
    lua: 'return { list, also, count }',
    parse: Number,
  });

  expect(script.lua.split('\n')).toEqual([
    'local list, also = KEYS[1], KEYS[2]',
    'local count = ARGV[1]',
    'local rest = 2',
    'return { list, also, count }',
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

    expect(lua).toBe('-- clock\n-- held\n-- ending\nreturn 1');
  });

  it('are rejected when a needed name is not declared', () => {
    expect(() => defineScript(script)).toThrow(
      "The script 'ack' uses the part 'held', which needs 'active' among its keys and arguments",
    );
  });
});

describe('of the parts, a script has only what it uses', () => {
  const keys = { one: () => '1', two: () => '2', three: () => '3' };
  const compose = (part: string, lua: string) => {
    const uses = [definePart({ name: 'part', lua: part })];
    return defineScript({ name: 's', keys, uses, lua, parse: Number }).lua;
  };

  it('a function that is called by none is left out, and so are the keys that it alone uses', () => {
    const part = [
      'local function first() return two end',
      'local count = 0',
      'local function second() return one end',
      'local function third()',
      'local function inner() if count then return 1 end end',
      'for _ = 1, 2 do inner() end',
      'repeat count = 1 until second()',
      'end',
    ];
    expect(compose(part.join('\n'), 'return third(three)').split('\n')).toEqual([
      'local one, three = KEYS[1], KEYS[3]',
      ...part.slice(1),
      'return third(three)',
    ]);
    expect(compose(part.join('\n'), 'return 1').split('\n')).toEqual([
      'local count = 0',
      'return 1',
    ]);
  });

  it('texts and comments end no function', () => {
    const part = [
      'local function f() -- end',
      "local text = \"end\" .. '\\' end'",
      '--[[ end',
      'end ]]',
      'return [[ end ]] .. text',
      'end',
      'f()',
    ].join('\n');
    expect(compose(part, 'return 1')).toBe(`${part}\nreturn 1`);
  });

  it('a function that calls itself is left out when no other calls it', () => {
    expect(compose('local function f() return f() end', 'return 1').trim()).toBe('return 1');
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
