import { describe, expect, it } from 'vitest';
import { Ledger } from './ledger.js';

describe('Ledger', () => {
  it('counts as lost what was sent and never handled', () => {
    const ledger = new Ledger();
    ledger.sent('a');
    ledger.sent('b');
    ledger.handled('a');

    expect(ledger.tally).toEqual({ sent: 2, consumed: 1, lost: 1, duplicated: 0 });
  });

  it('counts each further handling of a message as a duplicate', () => {
    const ledger = new Ledger();
    ledger.sent('a');
    for (let time = 0; time < 3; time += 1) ledger.handled('a');

    expect(ledger.tally).toEqual({ sent: 1, consumed: 1, lost: 0, duplicated: 2 });
  });

  it('bears a message that is handled before its send is confirmed', () => {
    const ledger = new Ledger();
    ledger.handled('a');
    ledger.sent('a');

    expect(ledger.tally).toEqual({ sent: 1, consumed: 1, lost: 0, duplicated: 0 });
  });
});
