import { execFile } from 'node:child_process';
import { promisify, stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { slowness } from '../../../tooling/machine-pace.js';
import { program, runDemo, startDemo } from './support/start-demo.js';

const delivery = /(Consumer:\d+) {2,}got {2,}(Producer:\d+ produce data)/;

describe('the demo', () => {
  it('has 10 producers send 10 messages each, and every one is consumed once', async () => {
    const demo = await runDemo(['--interval', '50ms']);

    expect(demo.stderr).toBe('');
    expect(demo.lastLine).toBe('100 sent, 100 consumed, 0 lost, 0 duplicated');
    expect(demo.code).toBe(0);

    const bodies = demo.lines.flatMap((line) => delivery.exec(line)?.[2] ?? []);
    expect(bodies).toHaveLength(100);
    for (let index = 0; index < 10; index += 1) {
      const own = bodies.filter((body) => body === `Producer:${index} produce data`);
      expect(own).toHaveLength(10);
    }
    expect(demo.stdout).toMatch(/keep-alive {2,}ping answered in [\d.]+ ms/);
    expect(demo.stdout).toContain('0 pending, 0 active, 0 dead');
  });

  it('takes other numbers of producers, consumers and messages', async () => {
    const options = ['--producers', '3', '--consumers', '2', '--messages', '4'];
    const demo = await runDemo([...options, '--interval', '20ms']);

    expect(demo.lastLine).toBe('12 sent, 12 consumed, 0 lost, 0 duplicated');
    expect(demo.stdout).toContain('3 producers, 2 consumers');
    const consumers = demo.lines.flatMap((line) => delivery.exec(line)?.[1] ?? []);
    expect(new Set(consumers)).toEqual(new Set(['Consumer:0', 'Consumer:1']));
  });

  it('serves the dashboard beside it, which shows its queues', async () => {
    const options = ['--producers', '1', '--consumers', '1', '--messages', '1'];
    const demo = await startDemo([...options, '--dashboard']);
    const addressIn = () => /The dashboard is at (\S+)/.exec(demo.output())?.[1];
    await eventually(() => addressIn() !== undefined);
    const page = await fetch(addressIn() ?? '');
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('<title>');
    const { code, lastLine } = await demo.ended;
    expect(lastLine).toBe('1 sent, 1 consumed, 0 lost, 0 duplicated');
    expect(code).toBe(0);
  });

  it('waits for the interval between two messages of a producer', async () => {
    const options = ['--producers', '1', '--consumers', '1', '--messages', '3'];
    const demo = await runDemo([...options, '--interval', '0.4s']);

    const times = demo.lines.filter((line) => delivery.test(line)).map(Number.parseFloat);
    expect(times).toHaveLength(3);
    expect(times[1]).toBeGreaterThanOrEqual(0.4);
    expect(times[2]).toBeGreaterThanOrEqual(0.8);
  });

  it('shows that a late subscriber receives only what is published after it has joined', async () => {
    const { stdout } = await runDemo(['--messages', '1', '--interval', '20ms']);

    const act = stdout.slice(
      stdout.indexOf('Publish and subscribe'),
      stdout.indexOf('6  10 producers'),
    );
    const steps = act
      .split('\n')
      .slice(3)
      .map((line) => line.trim().replace(/ {2,}/g, ' '));
    expect(steps.filter(Boolean)).toEqual([
      'publisher publishes first edition → 0 receivers',
      'early subscribes after 1 message',
      'publisher publishes second edition → 1 receiver',
      'early got second edition',
      'late subscribes after 2 messages',
      'publisher publishes third edition → 2 receivers',
      'early got third edition',
      'late got third edition',
      'publisher publishes fourth edition → 2 receivers',
      'early got fourth edition',
      'late got fourth edition',
    ]);
  });

  it('shows a crash, a retry, a dead letter that is redriven, and a late reader', async () => {
    const { lines, stderr, tookMs } = await runDemo(['--messages', '1', '--interval', '20ms']);

    const steps = lines.map((line) => line.trim().replace(/ {2,}/g, ' '));
    const story = [
      /^process \d+ got order 1$/,
      /^kill -9 \d+ in the middle of it$/,
      /^another one got order 1, attempt 2, \d+\.\d s later$/,
      /^handler failed order 2: the mail server is busy; again in 300 ms$/,
      /^handler done order 2, attempt 2$/,
      /^handler failed order 3: no such address; again in 300 ms$/,
      /^handler failed order 3: no such address; now a dead letter$/,
      /^dead letter failed no such address$/,
      /^dead letter redriven since the handler is mended now$/,
      /^handler done order 3, attempt 1$/,
      /^late reader begins after 3 records$/,
      /^late reader got ordered$/,
      /^late reader got packed$/,
      /^publisher publishes shipped$/,
      /^late reader got shipped$/,
    ];
    let at = -1;
    for (const step of story) {
      at = steps.findIndex((line, place) => place > at && step.test(line));
      expect(at, `${step}`).toBeGreaterThan(-1);
    }
    expect(stderr).toBe('');
    // With the usual interval the rest takes 25 s.
    expect(tookMs / slowness()).toBeLessThan(12_000);
  });

  it('writes plain lines of at most 100 columns when it is piped', async () => {
    const { stdout, lines } = await runDemo(['--messages', '1', '--interval', '20ms']);

    expect(stdout).not.toContain('\x1b');
    expect(stdout).not.toContain('\r');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it.each([40, 80])('breaks no line in mid-word on a terminal of %i columns', async (columns) => {
    const demo = `stty cols ${columns}; '${process.execPath}' '${program}'`;
    const command = `${demo} --messages 1 --interval 20ms`;
    const { stdout } = await promisify(execFile)('script', ['-qec', command, '/dev/null'], {
      env: { ...process.env, REDIS_URL: '', TERM: 'xterm' },
    });

    const shown = stdout.replaceAll('\r\x1b[2K', '\n');
    const lines = shown.split(/\r?\n/).map(stripVTControlCharacters);
    expect(lines.filter(({ length }) => length > columns)).toEqual([]);
    expect(lines.some((line) => /─ {2}10 of 10( messages)? done|━ {2}10 of 10/.test(line))).toBe(
      true,
    );
    const words = lines.join(' ').replace(/\s+/g, ' ').trim();
    expect(words).toMatch(/^redpost demo on a private Redis at \S+, which ends with the demo /);
    expect(words).toMatch(/ 10 sent, 10 consumed, 0 lost, 0 duplicated$/);
  });
});
