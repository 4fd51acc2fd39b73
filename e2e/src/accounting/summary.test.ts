import { describe, expect, it } from 'vitest';
import type { Report } from './entry.js';
import { EventLog } from './event-log.js';
import { summarize } from './summary.js';

/** Builds the log of one producer and some consumers; `at` counts up by 10 ms with every entry. */
class LogBuilder {
  readonly log = new EventLog();
  #at = 0;

  /** Sends `key`, with this outcome. */
  send(
    key: string,
    outcome: 'resolved' | 'not-executed' | 'unknown' | 'unstated' = 'resolved',
    { about }: { about?: string } = {},
  ) {
    this.#add('producer', { type: 'sending', key, ...(about && { about }) });
    this.#add('producer', { type: 'sent', key, outcome, tookMs: 10 });
    return this;
  }

  /** Handles `key` to the end, and acknowledges it if wanted. */
  handle(
    key: string,
    options: { by?: string; acks?: boolean; fails?: boolean; receipt?: string } = {},
  ) {
    const { by = 'consumer', acks = false, fails = false } = options;
    const { receipt = `${by}-${this.#at}` } = options;
    this.#add(by, { type: 'started', key, receipt, attempt: 1 });
    this.#add(by, { type: fails ? 'failed' : 'handled', key, receipt });
    if (acks) this.#add(by, { type: 'acked', key, receipt });
    return this;
  }

  /** Begins to handle `key`. */
  start(key: string) {
    this.#add('consumer', { type: 'started', key, receipt: key, attempt: 1 });
    return this;
  }

  /** Has handled `key`. */
  end(key: string) {
    this.#add('consumer', { type: 'handled', key, receipt: key });
    return this;
  }

  /** Redis has confirmed the acknowledgement of `key`. */
  acked(key: string) {
    this.#add('consumer', { type: 'acked', key, receipt: key });
    return this;
  }

  /** Begins to handle `key`, and is killed. */
  dieWith(key: string, { by = 'consumer' } = {}) {
    this.#add(by, { type: 'started', key, receipt: `${by}-${this.#at}`, attempt: 1 });
    return this.incident({ process: by });
  }

  incident(more: { kind?: string; process?: string; forgetsMs?: number; since?: number } = {}) {
    this.#at += 10;
    const { kind = 'test', process, forgetsMs, since = this.#at } = more;
    this.log.incidents.push({
      kind,
      at: since,
      until: this.#at,
      ...(process !== undefined && { process }),
      ...(forgetsMs !== undefined && { forgetsSince: this.#at - forgetsMs }),
    });
    return this;
  }

  /** Nothing happens for this long. */
  wait(ms: number) {
    this.#at += ms;
    return this;
  }

  #add(process: string, report: Report) {
    this.#at += 10;
    this.log.add({ process, at: this.#at, ...report });
  }
}

const isOrdered = () => true;

it('finds nothing wrong where nothing is wrong', () => {
  const { log } = new LogBuilder()
    .send('a')
    .send('b')
    .handle('a', { acks: true })
    .handle('b', { fails: true })
    .handle('b');

  expect(summarize(log, { ordered: isOrdered })).toMatchObject({
    ...{ sends: 2, resolved: 2, absent: 0, unknown: 0, unanswered: 0, handled: 2 },
    ...{ lost: [], forgotten: [], unsent: [], denied: [], unstated: [], afterAck: [] },
    ...{ unexplained: [], duplicates: 0, outOfOrder: [], together: [], wronglyDead: [] },
  });
});

it('finds a message whose send resolved and that was never handled', () => {
  const { log } = new LogBuilder().send('a').send('b').handle('b');

  expect(summarize(log)).toMatchObject({ lost: ['a'], forgotten: [] });
  expect(summarize(log, { dead: ['a'] })).toMatchObject({ lost: [], wronglyDead: ['a'] });
});

it('a handler that began and did not end does not count as handled', () => {
  const { log } = new LogBuilder().send('a').dieWith('a');

  expect(summarize(log).lost).toEqual(['a']);
});

it('a message whose send did not resolve cannot be lost', () => {
  const { log } = new LogBuilder().send('a', 'unknown').send('b', 'not-executed');

  expect(summarize(log)).toMatchObject({ lost: [], absent: 1, unknown: 1 });
});

it('finds a message that was handled though its send said that it is not there', () => {
  const { log } = new LogBuilder().send('a', 'not-executed').handle('a');

  expect(summarize(log).denied).toEqual(['a']);
});

it('finds a send that was rejected without an outcome', () => {
  const { log } = new LogBuilder().send('a', 'unstated');

  expect(summarize(log).unstated).toEqual(['a']);
});

it('finds a message that was handled and never sent', () => {
  const { log } = new LogBuilder().handle('a');

  expect(summarize(log).unsent).toEqual(['a']);
});

it('finds a message that was handled twice for no reason', () => {
  const { log } = new LogBuilder().send('a').handle('a').handle('a');

  expect(summarize(log)).toMatchObject({ unexplained: ['a'], duplicates: 1, afterAck: [] });
});

it('finds a message that was handled again after its acknowledgement, with any incident', () => {
  const { log } = new LogBuilder()
    .send('a')
    .handle('a', { acks: true })
    .incident({ process: 'consumer' })
    .handle('a', { by: 'successor' });

  expect(summarize(log)).toMatchObject({ afterAck: ['a'], unexplained: ['a'] });
});

it('a message in work may be handled again when its consumer dies, and is counted', () => {
  const { log } = new LogBuilder().send('a').dieWith('a').handle('a', { by: 'successor' });

  expect(summarize(log)).toMatchObject({ lost: [], unexplained: [], duplicates: 1 });
});

it('what happens to one process does not explain a repetition by another one', () => {
  const { log } = new LogBuilder()
    .send('a')
    .handle('a')
    .incident({ process: 'other' })
    .handle('a', { by: 'successor' });

  expect(summarize(log).unexplained).toEqual(['a']);
});

it('what happens to Redis explains repetitions of messages in flight, and not of older ones', () => {
  const recent = new LogBuilder().send('a').handle('a').incident().handle('a').log;
  const old = new LogBuilder().send('a').handle('a').wait(2000).incident().handle('a').log;

  expect(summarize(recent).unexplained).toEqual([]);
  expect(summarize(old).unexplained).toEqual(['a']);
});

describe('a process that was frozen', () => {
  const frozen = () =>
    new LogBuilder()
      .send('a')
      .send('b')
      .handle('a', { acks: true })
      .handle('b', { acks: true })
      .incident({ kind: 'SIGSTOP', process: 'frozen', since: 41 })
      .dieWith('a', { by: 'frozen' });

  it('may have begun the call that it reports first after it continues, before it was frozen', () => {
    const { log } = frozen().incident({ kind: 'stalled', process: 'frozen', since: 40 });

    expect(summarize(log)).toMatchObject({ afterAck: [], unexplained: [], duplicates: 1 });
  });

  it('has no explanation for what it begins next', () => {
    const { log } = frozen()
      .dieWith('b', { by: 'frozen' })
      .incident({ kind: 'stalled', process: 'frozen', since: 40 });

    expect(summarize(log)).toMatchObject({ afterAck: ['b'], unexplained: ['b'] });
  });

  it('has no explanation for what it begins once its timers run again', () => {
    const { log } = new LogBuilder()
      .send('a')
      .handle('a', { acks: true })
      .incident({ kind: 'SIGSTOP', process: 'frozen', since: 21 })
      .incident({ kind: 'stalled', process: 'frozen', since: 20 })
      .dieWith('a', { by: 'frozen' });

    expect(summarize(log)).toMatchObject({ afterAck: ['a'], unexplained: ['a'] });
  });
});

it('an incident after the second call does not explain it', () => {
  const { log } = new LogBuilder().send('a').handle('a').handle('a').incident();

  expect(summarize(log).unexplained).toEqual(['a']);
});

it('messages that Redis was made to lose count as forgotten, with their age', () => {
  const { log } = new LogBuilder().send('a').wait(90).incident({ forgetsMs: 1000 });

  expect(summarize(log)).toMatchObject({ lost: [], forgotten: ['a'], forgottenAgeMs: 100 });
});

it('messages that are older than the allowed loss are lost, and so are those that were sent afterwards', () => {
  const { log } = new LogBuilder().send('a').wait(2000).incident({ forgetsMs: 1000 }).send('b');

  expect(summarize(log)).toMatchObject({ lost: ['a', 'b'], forgotten: [] });
});

it('an acknowledgement that Redis was made to lose may be followed by another call', () => {
  const { log } = new LogBuilder()
    .send('a')
    .handle('a', { acks: true })
    .wait(500)
    .incident({ forgetsMs: 1000 })
    .handle('a');

  expect(summarize(log)).toMatchObject({ afterAck: [], unexplained: [], duplicates: 1 });
});

it('a delivery that began before Redis lost its lease may come again, also after an acknowledgement that came later', () => {
  const { log } = new LogBuilder()
    .send('a')
    .start('a')
    .incident({ forgetsMs: 1000 })
    .wait(2000)
    .end('a')
    .acked('a')
    .handle('a');

  expect(summarize(log)).toMatchObject({ afterAck: [], unexplained: [], duplicates: 1 });
});

it('finds a message that was leased and acknowledged after the loss, and handled again', () => {
  const { log } = new LogBuilder()
    .send('a')
    .incident({ forgetsMs: 1000 })
    .handle('a', { acks: true })
    .handle('a');

  expect(summarize(log)).toMatchObject({ afterAck: ['a'], unexplained: ['a'] });
});

it('a delivery whose end Redis was made to lose may come again, with its receipt', () => {
  const { log } = new LogBuilder()
    .send('a')
    .handle('a', { fails: true, receipt: 'first' })
    .handle('a', { acks: true })
    .incident({ forgetsMs: 1000 })
    .handle('a', { fails: true, receipt: 'first' })
    .handle('a', { acks: true });

  expect(summarize(log)).toMatchObject({ afterAck: [], unexplained: [], duplicates: 2 });
});

it('finds a message that was overtaken by a later one', () => {
  const { log } = new LogBuilder()
    .send('a')
    .send('b')
    .send('c')
    .handle('b')
    .handle('a')
    .handle('c');

  expect(summarize(log, { ordered: isOrdered }).outOfOrder).toEqual(['a']);
  expect(summarize(log).outOfOrder).toEqual([]);
});

it('a message may be overtaken while something happens, and counts by its first call', () => {
  const during = new LogBuilder().send('a').send('b').handle('b').incident().handle('a').log;
  const again = new LogBuilder().send('a').send('b').dieWith('a').handle('b').handle('a').log;

  expect(summarize(during, { ordered: isOrdered }).outOfOrder).toEqual([]);
  expect(summarize(again, { ordered: isOrdered }).outOfOrder).toEqual([]);
});

it('a message may pass one that was refused only if it was sent before the refusal ended', () => {
  const log = (until: number) => {
    const about = { about: 'k' };
    const built = new LogBuilder().send('a', 'resolved', about).send('b', 'resolved', about);
    built.log.refusals.push({ from: 0, until });
    return built.handle('b').handle('a').log;
  };
  const [, sentLater = { at: 0 }] = log(0).all('sending');

  expect(summarize(log(sentLater.at)).outOfOrder).toEqual([]);
  expect(summarize(log(sentLater.at - 0.5)).outOfOrder).toEqual(['a']);
});

it('finds dead letters, except those that had to be', () => {
  const { log } = new LogBuilder().send('a');
  log.add({ process: 'producer', at: 1, type: 'sending', key: 'poison', isPoison: true });

  expect(summarize(log, { dead: ['a', 'poison'] }).wronglyDead).toEqual(['a']);
});

it('counts sends that were never answered', () => {
  const { log } = new LogBuilder().send('a');
  log.add({ process: 'producer', at: 1000, type: 'sending', key: 'b' });

  expect(summarize(log)).toMatchObject({ sends: 2, resolved: 1, unanswered: 1, lost: ['a'] });
});

it('finds a message that was overtaken by a later one of its key, unless a fault explains it', () => {
  const about = { about: 'k' };
  const sent = () => new LogBuilder().send('a', 'resolved', about).send('b', 'resolved', about);

  expect(summarize(sent().handle('b').handle('a').log).outOfOrder).toEqual(['a']);
  expect(summarize(sent().handle('a').handle('b').log).outOfOrder).toEqual([]);
  expect(summarize(sent().incident().handle('b').handle('a').log).outOfOrder).toEqual([]);
});

it('finds messages of one key that were handled together, and how many were handled at a time', () => {
  const both = (builder: LogBuilder) => builder.start('a').start('b').end('a').end('b').log;
  const about = { about: 'k' };
  const of = (builder: LogBuilder) =>
    builder.send('a', 'resolved', about).send('b', 'resolved', about);

  expect(summarize(both(of(new LogBuilder())))).toMatchObject({
    together: ['b'],
    mostAtATime: 2,
  });
  const withoutKey = both(new LogBuilder().send('a').send('b'));
  expect(summarize(withoutKey)).toMatchObject({ together: [], mostAtATime: 2 });
  const oneByOne = of(new LogBuilder()).handle('a').handle('b').log;
  expect(summarize(oneByOne)).toMatchObject({ together: [], mostAtATime: 1 });
});
