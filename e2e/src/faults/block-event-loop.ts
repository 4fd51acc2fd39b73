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
  workload: { leaseMs, consumers: 3, consumer: blocks },
  server: () => Standalone.start(),

  async inject({ system: { log } }) {
    const [blocked, lost] = [log.happened('blocked'), log.count('lost')];
    const hasHappened = () => log.happened('blocked') > blocked && log.count('lost') > lost;
    const describe = () => 'a handler has blocked the event loop, and its lease was lost';
    await eventually(hasHappened, { describe });
    return log.happened('blocked') - blocked;
  },
};

export const blockEventLoopThread: Fault = {
  name: 'block-event-loop-thread',
  does: "the same with `heartbeat: 'thread'`",
  proof: 'the process measured it',
  costs: 'nothing: no lease is lost, no consumer is taken for dead',
  mayRepeat: false,
  everyMs: [0, 0],
  workload: { leaseMs, consumers: 3, consumer: { ...blocks, consume: { heartbeat: 'thread' } } },
  server: () => Standalone.start(),

  async inject({ system: { log } }) {
    const blocked = log.happened('blocked');
    const describe = () => 'a handler has blocked the event loop';
    await eventually(() => log.happened('blocked') > blocked, { describe });
    return log.happened('blocked') - blocked;
  },

  check({ system: { log } }) {
    const [lost, recovered] = [log.count('lost'), log.count('recovered')];
    return lost + recovered === 0
      ? []
      : [`${lost} leases were lost, and ${recovered} consumers were taken for dead`];
  },
};
