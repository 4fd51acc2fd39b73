import { eventually } from '../eventually.js';
import { Standalone } from '../servers/standalone.js';
import type { Fault } from './fault.js';

const leaseMs = 500;
const blocks = { blockEvery: 300, blockMs: 2 * leaseMs };

export const blockEventLoop: Fault = {
  name: 'block-event-loop',
  does: 'a handler blocks its event loop for twice the lease',
  proof: 'the process measured it, and was told afterwards that its lease is lost',
  costs: 'messages that it had in work are handled once more; its stale acks change nothing',
  mayRepeat: true,
  everyMs: [0, 0],
  load: { leaseMs, consumers: 3, consumer: blocks },
  server: () => Standalone.start(),

  async strike({ trial: { ledger } }) {
    const [blocked, lost] = [ledger.happened('blocked'), ledger.count('lost')];
    const hasHappened = () => ledger.happened('blocked') > blocked && ledger.count('lost') > lost;
    const describe = () => 'a handler has blocked the event loop, and its lease was lost';
    await eventually(hasHappened, { describe });
    return ledger.happened('blocked') - blocked;
  },
};

export const blockEventLoopThread: Fault = {
  name: 'block-event-loop-thread',
  does: "the same with `heartbeat: 'thread'`",
  proof: 'the process measured it',
  costs: 'nothing: no lease is lost, nobody is taken for dead',
  mayRepeat: false,
  everyMs: [0, 0],
  load: { leaseMs, consumers: 3, consumer: { ...blocks, consume: { heartbeat: 'thread' } } },
  server: () => Standalone.start(),

  async strike({ trial: { ledger } }) {
    const blocked = ledger.happened('blocked');
    const describe = () => 'a handler has blocked the event loop';
    await eventually(() => ledger.happened('blocked') > blocked, { describe });
    return ledger.happened('blocked') - blocked;
  },

  check({ trial: { ledger } }) {
    const [lost, recovered] = [ledger.count('lost'), ledger.count('recovered')];
    return lost + recovered === 0
      ? []
      : [`${lost} leases were lost, and ${recovered} consumers were taken for dead`];
  },
};
