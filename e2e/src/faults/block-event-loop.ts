import { eventually } from '../eventually.js';
import type { Fault } from '../fault.js';
import { Standalone } from '../servers/standalone.js';

const leaseMs = 500;

export const blockEventLoop: Fault = {
  name: 'block-event-loop',
  does: 'a handler blocks its event loop for twice the lease',
  proof: 'the process measured it, and was told afterwards that its lease is lost',
  costs: 'messages that it had in work are handled once more; its stale acks change nothing',
  mayRepeat: true,
  everyMs: [0, 0],
  load: { leaseMs, consumers: 3, consumer: { blockEvery: 150, blockMs: 2 * leaseMs } },
  server: () => Standalone.start(),

  async strike({ trial: { ledger } }) {
    const [blocked, lost] = [ledger.count('incident'), ledger.count('lost')];
    const hasHappened = () => ledger.count('incident') > blocked && ledger.count('lost') > lost;
    const describe = () => 'a handler has blocked the event loop, and its lease was lost';
    await eventually(hasHappened, { describe });
    return ledger.count('incident') - blocked;
  },
};
