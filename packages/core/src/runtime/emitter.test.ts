import { setImmediate as tick } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { ConnectionError, TimeoutError } from '../errors.js';
import { Emitter } from './emitter.js';

interface Events {
  message: string;
  error: Error;
}

let warnings: MockInstance<typeof process.emitWarning>;
beforeEach(() => {
  warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
});
afterEach(() => warnings.mockRestore());

const warned = () =>
  warnings.mock.calls.map(
    ([text, options]) => `${(options as unknown as { type: string }).type}: ${text}`,
  );

describe('an emitter', () => {
  it('calls the listeners of an event in the order of their registration', () => {
    const emitter = new Emitter<Events>();
    const heard: string[] = [];
    emitter.on('message', (text) => heard.push(`first ${text}`));
    emitter.on('message', (text) => heard.push(`second ${text}`));

    emitter.emit('message', 'a');

    expect(heard).toEqual(['first a', 'second a']);
  });

  it('calls a listener no more when it was removed, and a once listener once', () => {
    const emitter = new Emitter<Events>();
    const heard: string[] = [];
    const unlisten = emitter.on('message', (text) => heard.push(`on ${text}`));
    emitter.once('message', (text) => heard.push(`once ${text}`));

    emitter.emit('message', 'a');
    unlisten();
    unlisten();
    emitter.emit('message', 'b');

    expect(heard).toEqual(['on a', 'once a']);
    expect(emitter.hasListeners('message')).toBe(false);
  });

  it('counts a listener that is registered twice as two', () => {
    const emitter = new Emitter<Events>();
    const listener = vi.fn();
    const unlisten = emitter.on('message', listener);
    emitter.on('message', listener);

    emitter.emit('message', 'a');
    unlisten();
    emitter.emit('message', 'b');

    expect(listener.mock.calls).toEqual([['a'], ['a'], ['b']]);
  });

  it('is not disturbed by a listener that comes or goes meanwhile', () => {
    const emitter = new Emitter<Events>();
    const heard: string[] = [];
    const unlisten = emitter.on('message', () => {
      unlisten();
      emitter.on('message', () => heard.push('late'));
    });
    emitter.on('message', () => heard.push('second'));

    emitter.emit('message', 'a');

    expect(heard).toEqual(['second']);
  });

  it('calls the others when a listener throws or rejects, and warns of it', async () => {
    const emitter = new Emitter<Events>();
    const heard: string[] = [];
    emitter.on('message', () => {
      throw new Error('a broken listener');
    });
    emitter.on('message', async () => {
      throw new Error('a broken async listener');
    });
    emitter.on('message', (text) => heard.push(text));

    emitter.emit('message', 'a');
    await tick();

    expect(heard).toEqual(['a']);
    expect(warned()).toEqual(['Error: a broken listener', 'Error: a broken async listener']);
  });
});

describe('an error without a listener', () => {
  it('is warned of once per code, and does not throw', () => {
    const emitter = new Emitter<Events>();

    emitter.emit('error', new ConnectionError('first', { outcome: 'unknown' }));
    emitter.emit('error', new ConnectionError('second', { outcome: 'unknown' }));
    emitter.emit('error', new TimeoutError('third', { outcome: 'unknown' }));

    expect(warned()).toEqual(['ConnectionError: first', 'TimeoutError: third']);
  });

  it('causes no warning with a listener', () => {
    const emitter = new Emitter<Events>();
    emitter.on('error', () => {});

    emitter.emit('error', new Error('heard'));

    expect(warned()).toEqual([]);
  });
});
