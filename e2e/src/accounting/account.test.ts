import { describe, expect, it } from 'vitest';
import { account } from './account.js';
import type { Report } from './entry.js';
import { Ledger } from './ledger.js';

/** A ledger of one producer and some consumers; `at` counts up by 10 ms with every entry. */
class Story {
  readonly ledger = new Ledger();
  #at = 0;

  /** Sends `key`, with this outcome. */
  send(key: string, outcome: 'resolved' | 'not-executed' | 'unknown' | 'unstated' = 'resolved') {
    this.#add('producer', { type: 'sending', key });
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

  /** Begins to handle `key`, and is killed. */
  dieWith(key: string, { by = 'consumer' } = {}) {
    this.#add(by, { type: 'started', key, receipt: `${by}-${this.#at}`, attempt: 1 });
    return this.incident({ process: by });
  }

  incident(more: { kind?: string; process?: string; forgetsMs?: number; since?: number } = {}) {
    this.#at += 10;
    const { kind = 'test', process, forgetsMs, since = this.#at } = more;
    this.ledger.incidents.push({
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
    this.ledger.add({ process, at: this.#at, ...report });
  }
}

const isOrdered = () => true;

it('finds nothing wrong where nothing is', () => {
  const { ledger } = new Story()
    .send('a')
    .send('b')
    .handle('a', { acks: true })
    .handle('b', { fails: true })
    .handle('b');

  expect(account(ledger, { ordered: isOrdered })).toMatchObject({
    ...{ sends: 2, resolved: 2, absent: 0, unknown: 0, unanswered: 0, handled: 2 },
    ...{ lost: [], forgotten: [], unsent: [], denied: [], unstated: [], afterAck: [] },
    ...{ unexcused: [], duplicates: 0, outOfOrder: [], wronglyDead: [] },
  });
});

it('finds a message whose send resolved and that nobody handled', () => {
  const { ledger } = new Story().send('a').send('b').handle('b');

  expect(account(ledger)).toMatchObject({ lost: ['a'], forgotten: [] });
  expect(account(ledger, { dead: ['a'] })).toMatchObject({ lost: [], wronglyDead: ['a'] });
});

it('a handler that began and did not end is no handling', () => {
  const { ledger } = new Story().send('a').dieWith('a');

  expect(account(ledger).lost).toEqual(['a']);
});

it('a message whose send did not resolve cannot be lost', () => {
  const { ledger } = new Story().send('a', 'unknown').send('b', 'not-executed');

  expect(account(ledger)).toMatchObject({ lost: [], absent: 1, unknown: 1 });
});

it('finds a message that was handled though its send said that it is not there', () => {
  const { ledger } = new Story().send('a', 'not-executed').handle('a');

  expect(account(ledger).denied).toEqual(['a']);
});

it('finds a send that was rejected without a word on what is known', () => {
  const { ledger } = new Story().send('a', 'unstated');

  expect(account(ledger).unstated).toEqual(['a']);
});

it('finds a message that was handled and never sent', () => {
  const { ledger } = new Story().handle('a');

  expect(account(ledger).unsent).toEqual(['a']);
});

it('finds a message that was handled twice for no reason', () => {
  const { ledger } = new Story().send('a').handle('a').handle('a');

  expect(account(ledger)).toMatchObject({ unexcused: ['a'], duplicates: 1, afterAck: [] });
});

it('finds a message that was handled again after its acknowledgement, whatever happened', () => {
  const { ledger } = new Story()
    .send('a')
    .handle('a', { acks: true })
    .incident({ process: 'consumer' })
    .handle('a', { by: 'heir' });

  expect(account(ledger)).toMatchObject({ afterAck: ['a'], unexcused: ['a'] });
});

it('a message in work may be handled again when its consumer dies, and is counted', () => {
  const { ledger } = new Story().send('a').dieWith('a').handle('a', { by: 'heir' });

  expect(account(ledger)).toMatchObject({ lost: [], unexcused: [], duplicates: 1 });
});

it('what happens to one process is no excuse for another', () => {
  const { ledger } = new Story()
    .send('a')
    .handle('a')
    .incident({ process: 'other' })
    .handle('a', { by: 'heir' });

  expect(account(ledger).unexcused).toEqual(['a']);
});

it('what happens to Redis is an excuse for what is in flight, and for nothing older', () => {
  const recent = new Story().send('a').handle('a').incident().handle('a').ledger;
  const old = new Story().send('a').handle('a').wait(2000).incident().handle('a').ledger;

  expect(account(recent).unexcused).toEqual([]);
  expect(account(old).unexcused).toEqual(['a']);
});

describe('a process that was frozen', () => {
  const frozen = () =>
    new Story()
      .send('a')
      .send('b')
      .handle('a', { acks: true })
      .handle('b', { acks: true })
      .incident({ kind: 'SIGSTOP', process: 'frozen', since: 41 })
      .dieWith('a', { by: 'frozen' });

  it('may have begun what it reports first as it goes on, before it stood still', () => {
    const { ledger } = frozen().incident({ kind: 'stalled', process: 'frozen', since: 40 });

    expect(account(ledger)).toMatchObject({ afterAck: [], unexcused: [], duplicates: 1 });
  });

  it('has no excuse for what it begins next', () => {
    const { ledger } = frozen()
      .dieWith('b', { by: 'frozen' })
      .incident({ kind: 'stalled', process: 'frozen', since: 40 });

    expect(account(ledger)).toMatchObject({ afterAck: ['b'], unexcused: ['b'] });
  });

  it('has no excuse for what it begins once its timers run again', () => {
    const { ledger } = new Story()
      .send('a')
      .handle('a', { acks: true })
      .incident({ kind: 'SIGSTOP', process: 'frozen', since: 21 })
      .incident({ kind: 'stalled', process: 'frozen', since: 20 })
      .dieWith('a', { by: 'frozen' });

    expect(account(ledger)).toMatchObject({ afterAck: ['a'], unexcused: ['a'] });
  });
});

it('an incident after the second run is no excuse', () => {
  const { ledger } = new Story().send('a').handle('a').handle('a').incident();

  expect(account(ledger).unexcused).toEqual(['a']);
});

it('what Redis was made to forget is not lost, and its age is told', () => {
  const { ledger } = new Story().send('a').wait(90).incident({ forgetsMs: 1000 });

  expect(account(ledger)).toMatchObject({ lost: [], forgotten: ['a'], forgottenAgeMs: 100 });
});

it('what is older than Redis may forget is lost, and so is what was sent afterwards', () => {
  const { ledger } = new Story().send('a').wait(2000).incident({ forgetsMs: 1000 }).send('b');

  expect(account(ledger)).toMatchObject({ lost: ['a', 'b'], forgotten: [] });
});

it('an acknowledgement that Redis was made to forget may be followed by another run', () => {
  const { ledger } = new Story()
    .send('a')
    .handle('a', { acks: true })
    .wait(500)
    .incident({ forgetsMs: 1000 })
    .handle('a');

  expect(account(ledger)).toMatchObject({ afterAck: [], unexcused: [], duplicates: 1 });
});

it('a delivery that Redis was made to forget the end of may come again, with its receipt', () => {
  const { ledger } = new Story()
    .send('a')
    .handle('a', { fails: true, receipt: 'first' })
    .handle('a', { acks: true })
    .incident({ forgetsMs: 1000 })
    .handle('a', { fails: true, receipt: 'first' })
    .handle('a', { acks: true });

  expect(account(ledger)).toMatchObject({ afterAck: [], unexcused: [], duplicates: 2 });
});

it('finds a message that was overtaken by a later one', () => {
  const { ledger } = new Story().send('a').send('b').send('c').handle('b').handle('a').handle('c');

  expect(account(ledger, { ordered: isOrdered }).outOfOrder).toEqual(['a']);
  expect(account(ledger).outOfOrder).toEqual([]);
});

it('a message may be overtaken while something happens, and counts by its first run', () => {
  const during = new Story().send('a').send('b').handle('b').incident().handle('a').ledger;
  const again = new Story().send('a').send('b').dieWith('a').handle('b').handle('a').ledger;

  expect(account(during, { ordered: isOrdered }).outOfOrder).toEqual([]);
  expect(account(again, { ordered: isOrdered }).outOfOrder).toEqual([]);
});

it('finds dead letters, except those that had to be', () => {
  const { ledger } = new Story().send('a');
  ledger.add({ process: 'producer', at: 1, type: 'sending', key: 'poison', isPoison: true });

  expect(account(ledger, { dead: ['a', 'poison'] }).wronglyDead).toEqual(['a']);
});

it('counts sends that were never answered', () => {
  const { ledger } = new Story().send('a');
  ledger.add({ process: 'producer', at: 1000, type: 'sending', key: 'b' });

  expect(account(ledger)).toMatchObject({ sends: 2, resolved: 1, unanswered: 1, lost: ['a'] });
});
