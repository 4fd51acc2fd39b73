import { describe, expect, it } from 'vitest';
import { runDemo } from './support/start-demo.js';

describe('a wrong option ends the demo with one line and exit code 2', () => {
  it.each([
    [['--speed', '3'], "Unknown option '--speed'"],
    [['now'], "Unexpected argument 'now'"],
    [['--producers', '0'], '--producers must be a whole number from 1 to 500, got "0"'],
    [['--consumers', '1.5'], '--consumers must be a whole number from 1 to 500, got "1.5"'],
    [['--messages', 'many'], '--messages must be a whole number from 1 to 100000, got "many"'],
    [['--interval', 'soon'], '--interval must be a duration like 500ms or 2s, got "soon"'],
    [['--redis', ''], '--redis must be a URL'],
    [['--redis', 'http://localhost'], '--redis: A Redis URL starts with redis://'],
    [['--redis'], "Option '--redis <value>' argument missing"],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await runDemo(args);

    expect(stderr).toContain(`redpost demo: ${message}`);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});

describe('--help', () => {
  it('explains every option, with examples', async () => {
    const { code, stdout } = await runDemo(['--help']);

    for (const name of ['producers', 'consumers', 'messages', 'interval', 'redis']) {
      expect(stdout).toContain(`--${name} <`);
    }
    expect(stdout).toContain('--dashboard ');
    expect(stdout).toContain('Examples:');
    expect(code).toBe(0);
  });
});
