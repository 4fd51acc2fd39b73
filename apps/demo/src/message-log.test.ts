import { describe, expect, it } from 'vitest';
import { MessageLog } from './message-log.js';

describe('MessageLog', () => {
  it('counts messages as lost that were sent and never handled', () => {
    const log = new MessageLog();
    log.sent('a');
    log.sent('b');
    log.handled('a');

    expect(log.tally).toEqual({ sent: 2, consumed: 1, lost: 1, duplicated: 0 });
  });

  it('counts each further handling of a message as a duplicate', () => {
    const log = new MessageLog();
    log.sent('a');
    for (let time = 0; time < 3; time += 1) log.handled('a');

    expect(log.tally).toEqual({ sent: 1, consumed: 1, lost: 0, duplicated: 2 });
  });

  it('bears a message that is handled before its send is confirmed', () => {
    const log = new MessageLog();
    log.handled('a');
    log.sent('a');

    expect(log.tally).toEqual({ sent: 1, consumed: 1, lost: 0, duplicated: 0 });
  });
});
