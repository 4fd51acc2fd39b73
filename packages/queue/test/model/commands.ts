import fc from 'fast-check';
import type { ModelCondition } from './once-model.js';
import { tickMs } from './queue-model.js';
import type { Simulation } from './simulation.js';

type Consumer = NonNullable<ReturnType<Simulation['consumer']>>;

/** A step: its name and its arguments, as a failing case shows them. */
class Step implements fc.AsyncCommand<object, Simulation> {
  constructor(
    private readonly text: string,
    private readonly act: (simulation: Simulation) => Promise<void> | undefined,
  ) {}

  /** Whether it can be done is known only when it comes to it: then it does nothing. */
  check(): boolean {
    return true;
  }

  async run(_: object, simulation: Simulation): Promise<void> {
    await this.act(simulation);
  }

  toString(): string {
    return this.text;
  }
}

function step<Args>(
  name: string,
  args: fc.Arbitrary<Args>,
  act: (simulation: Simulation, args: Args) => Promise<void> | undefined,
): fc.Arbitrary<fc.AsyncCommand<object, Simulation>> {
  return args.map(
    (value) => new Step(`${name} ${JSON.stringify(value)}`, (simulation) => act(simulation, value)),
  );
}

/** A step of one of the consumers, by a number. */
function consumerStep<Args extends object>(
  name: string,
  args: { [Name in keyof Args]: fc.Arbitrary<Args[Name]> },
  act: (simulation: Simulation, consumer: Consumer, args: Args) => Promise<void> | undefined,
): fc.Arbitrary<fc.AsyncCommand<object, Simulation>> {
  const record = fc.record({ ...args, by: fc.nat(9) }) as unknown as fc.Arbitrary<
    Args & { by: number }
  >;
  return step(name, record, (simulation, value) => {
    const consumer = simulation.consumer(value.by);
    return consumer && act(simulation, consumer, value);
  });
}

const key = fc.constantFrom('a', 'b', 'c', 'd "\\\n"');
const place = fc.oneof(
  { weight: 3, arbitrary: key.map((name) => ({ key: name, priority: 4 })) },
  { weight: 2, arbitrary: fc.nat(9).map((priority) => ({ key: undefined, priority })) },
  { weight: 2, arbitrary: fc.constant({ key: undefined, priority: 4 }) },
);
const options = fc.record({
  delay: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 3 })),
  ttlMs: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.constant(1e9)),
  age: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 3 })),
  keepsResult: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, fc.constant(true)),
  attempt: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 12 })),
});
const ticks = fc.integer({ min: 1, max: 3 });
const conditionOf = (...words: ModelCondition['word'][]) =>
  fc.oneof(
    fc.constant(undefined),
    fc
      .record({
        word: fc.constantFrom(...words),
        key: fc.constantFrom('o', 'p', 'q', 'r "\\\n'),
        ticks,
        more: fc.nat(2),
        keep: fc.constantFrom<ModelCondition['keep'][]>('last', 'first'),
      })
      .map(({ more, ...condition }) => ({ ...condition, mostTicks: condition.ticks + more })),
  );
const messageOf = (places: typeof place, conditions: ReturnType<typeof conditionOf>) =>
  fc
    .tuple(places, options, conditions)
    .map(([where, more, condition]) => ({ ...where, ...more, condition }));
const anyCondition = conditionOf('taken', 'done', 'done', 'once', 'throttle', 'debounce');
/** What is sent once until it is taken or done declares that. */
const plainCondition = conditionOf('once', 'throttle', 'debounce');
/** Of what it holds: all, or some, or some and what is settled already. */
const mask = fc.oneof(fc.constant(255), fc.nat(511));
const ranUs = fc.constantFrom(1, 500, 1000, 20_000, 500_000);
const forTicks = fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: 1, max: 3 }));

const send = step(
  'send',
  fc.array(messageOf(place, anyCondition), { minLength: 1, maxLength: 6 }),
  (simulation, messages) => simulation.send(messages),
);
const sendKeyless = step(
  'send',
  fc.array(messageOf(fc.constant({ key: undefined, priority: 4 }), plainCondition), {
    minLength: 1,
    maxLength: 6,
  }),
  (simulation, messages) => simulation.send(messages),
);
const sendMany = step('sendMany', fc.integer({ min: 10, max: 40 }), (simulation, count) =>
  simulation.send(Array(count).fill({ key: 'a', priority: 4, delay: 0, ttlMs: 0, age: 0 })),
);
/** Of one key, so that several are taken together. */
const sendRun = step(
  'sendRun',
  fc.tuple(fc.constantFrom('a', 'b'), fc.integer({ min: 2, max: 6 })),
  (simulation, [key, count]) =>
    simulation.send(Array(count).fill({ key, priority: 4, delay: 0, ttlMs: 0, age: 0 })),
);
/** Messages of one schedule, with the same place; if the earlier one has to be done, each has the key of the schedule. */
const tick = step(
  'tick',
  fc.record({
    where: place,
    more: fc.array(options, { minLength: 1, maxLength: 3 }),
    skips: fc.boolean(),
    isLate: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.constant(true)),
  }),
  (simulation, { where, more, skips, isLate }) => {
    const once = { word: 'done', key: 'schedule:s', ticks: 1, mostTicks: 1, keep: 'last' } as const;
    const condition = skips ? once : undefined;
    return simulation.tick(
      more.map((its) => ({ ...where, ...its, condition })),
      isLate,
    );
  },
);
const addDead = step(
  'addDead',
  fc.array(messageOf(place, fc.constant(undefined)), { minLength: 1, maxLength: 3 }),
  (simulation, messages) => simulation.addDead(messages),
);
const pushBare = step('pushBare', fc.constant(null), (simulation) => simulation.pushBare());

const lease = consumerStep(
  'lease',
  {
    mask,
    count: fc.oneof({ weight: 6, arbitrary: fc.nat(5) }, fc.constant(20)),
    withList: fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, fc.constant(false)),
    withSuspect: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, fc.constant(false)),
    repeats: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, fc.constant(true)),
    expires: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, fc.constant(true)),
    perKey: fc.oneof(fc.constant(1), { weight: 2, arbitrary: fc.integer({ min: 2, max: 4 }) }),
    ranUs,
  },
  (simulation, consumer, args) => simulation.lease(consumer, args),
);
const retry = consumerStep(
  'retry',
  { mask, delay: fc.nat(2), holdsKey: fc.boolean(), ranUs },
  (simulation, consumer, args) => simulation.retry(consumer, args),
);

const finishOf = (places: typeof place) =>
  consumerStep(
    'finish',
    {
      mask,
      how: fc.oneof(
        { weight: 4, arbitrary: fc.constant('done' as const) },
        fc.constantFrom('expired' as const, 'cancelled' as const),
      ),
      hasValue: fc.boolean(),
      followUps: fc.oneof(
        { weight: 1, arbitrary: fc.constant([]) },
        {
          weight: 2,
          arbitrary: fc.array(
            fc.tuple(places, options).map(([where, more]) => ({ ...where, ...more })),
            { minLength: 1, maxLength: 2 },
          ),
        },
      ),
    },
    (simulation, consumer, args) => simulation.finish(consumer, args),
  );
const finish = finishOf(place);
const finishKeyless = finishOf(fc.constant({ key: undefined, priority: 4 }));
const readOutbox = step(
  'readOutbox',
  fc.tuple(fc.nat(1), fc.integer({ min: 1, max: 6 })),
  (simulation, [by, count]) => simulation.readOutbox(by, count),
);
const receive = step('receive', fc.nat(1), (simulation, by) => simulation.receive(by));
const cancelWaiting = step('cancelWaiting', fc.nat(50), (simulation, number) =>
  simulation.cancelWaiting(number),
);
const updateOf = (priority: fc.Arbitrary<number | undefined>) =>
  step(
    'update',
    fc.record({
      number: fc.nat(50),
      hasBody: fc.boolean(),
      delay: fc.option(fc.nat(2), { nil: undefined }),
      priority,
    }),
    (simulation, { number, ...changes }) => simulation.update(number, changes),
  );
const update = updateOf(fc.option(fc.nat(9), { nil: undefined }));
/** A message that gets a priority declares that the queue has some. */
const updateKeyless = updateOf(fc.constant(undefined));

const release = consumerStep(
  'release',
  { mask, wereStarted: fc.boolean() },
  (simulation, consumer, args) => simulation.release(consumer, args.mask, args.wereStarted),
);

/** The model does not know how what is left of a run comes after a crash: batches-by-key.test.ts does. */
const crash = consumerStep('crash', {}, (simulation, consumer) =>
  consumer.model.state === 'alive' && !consumer.model.holdsRun
    ? simulation.crash(consumer)
    : undefined,
);
const recover = step('recover', fc.nat(9), (simulation, number) =>
  simulation.hasOverdue ? simulation.recover(number) : undefined,
);
const passTime = step('passTime', fc.integer({ min: 1, max: 2 }), (simulation, ticks) =>
  simulation.passTime(ticks),
);

const ofConsumers = [
  step('join', fc.constant(null), (simulation) => simulation.join()),
  step('join', fc.constant(null), (simulation) => simulation.join()),
  consumerStep('renew', {}, (simulation, consumer) => simulation.renew(consumer)),
  lease,
  lease,
  lease,
  lease,
  lease,
  retry,
  retry,
  consumerStep('cancel', { mask }, (simulation, consumer, args) =>
    simulation.cancel(consumer, args.mask),
  ),
  consumerStep('deadLetter', { mask }, (simulation, consumer, args) =>
    simulation.deadLetter(consumer, args.mask),
  ),
  release,
  release,
  release,
  consumerStep('leave', { mayBeBlocked: fc.boolean() }, (simulation, consumer, args) =>
    simulation.leave(consumer, args.mayBeBlocked),
  ),
  crash,
  recover,
  recover,
  consumerStep('move', {}, (simulation, consumer) => {
    // A limited queue has no blocking moves, and a former consumer is remembered for as long as one may last.
    const { state, rememberedUntil } = consumer.model;
    const isThere = state === 'alive' || state === 'overdue';
    const { concurrency, rate } = simulation.model;
    if (concurrency !== undefined || rate.isLimited || consumer.brought !== undefined) return;
    return isThere || rememberedUntil !== undefined ? simulation.move(consumer) : undefined;
  }),
  consumerStep('reclaim', {}, (simulation, consumer) => simulation.reclaim(consumer)),
];

const ofOthers = [
  step('promote', fc.constant(null), (simulation) => simulation.promote()),
  passTime,
  passTime,
  step('redrive', fc.integer({ min: 1, max: 3 }), (simulation, count) => simulation.redrive(count)),
  fc.oneof(
    step('purge', fc.constant(null), (simulation) => simulation.purge()),
    step('destroy', fc.constant(null), (simulation) => simulation.destroy()),
  ),
];

function orNone<Value>(values: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> {
  return fc.option(values, { nil: null });
}

const aRate = (max: number, burst: number) => {
  const perMs = ticks.map((count) => count * tickMs);
  return fc.record({ max: fc.integer({ min: 1, max }), perMs, burst: fc.nat(burst) });
};
/** Small ones, so that they are reached. */
const rates = { rate: aRate(4, 2), keyRate: aRate(2, 1) };
/** Half a tick more, because what has the same age in ticks is older or not by a few ms. */
const agingMs = fc.nat(2).map((count) => (count + 0.5) * tickMs);

const limitRates = step(
  'limit',
  fc.record(
    {
      rate: fc.option(rates.rate, { nil: null, freq: 4 }),
      keyRate: fc.option(rates.keyRate, { nil: null, freq: 4 }),
    },
    { requiredKeys: [] },
  ),
  (simulation, changes) => simulation.limit(changes),
);

const ofShape = [
  consumerStep('pauseConsumer', {}, (simulation, consumer) => simulation.pauseConsumer(consumer)),
  consumerStep('resumeConsumer', {}, (simulation, consumer) => simulation.resumeConsumer(consumer)),
  consumerStep('resumeConsumer', {}, (simulation, consumer) => simulation.resumeConsumer(consumer)),
  step('pause', forTicks, (simulation, ticks) => simulation.pause(ticks)),
  step('resume', fc.constant(null), (simulation) => simulation.resume()),
  step('resume', fc.constant(null), (simulation) => simulation.resume()),
  step('pauseKey', fc.tuple(key, forTicks), (simulation, [name, ticks]) =>
    simulation.pauseKey(name, ticks),
  ),
  step('resumeKey', key, (simulation, name) => simulation.resumeKey(name)),
  step(
    'limit',
    fc.record(
      {
        concurrency: orNone(fc.integer({ min: 1, max: 6 })),
        keyConcurrency: orNone(fc.integer({ min: 1, max: 3 })),
        keyMaxLength: orNone(fc.integer({ min: 1, max: 20 })),
        keyWeights: orNone(fc.constant({ a: 3, b: 0.1 })),
        agingMs: orNone(agingMs),
      },
      { requiredKeys: [] },
    ),
    (simulation, changes) => simulation.limit(changes),
  ),
  limitRates,
];

/** What happens to a queue that declares nothing, until a message with a priority or a key comes, or a limit. */
const plainSteps = [
  ...[pushBare, sendKeyless, sendKeyless, finishKeyless, cancelWaiting, updateKeyless],
  ...[readOutbox, receive, ...ofConsumers, ...ofOthers],
];
/** What matters to runs of one key. */
const keyedSteps = [
  ...[sendRun, lease, lease, retry, release, release, crash, recover, passTime],
  ...[finish, readOutbox, receive, cancelWaiting, update],
];
/** What matters to a queue with rates. */
const limitedSteps = [
  send,
  lease,
  lease,
  lease,
  lease,
  release,
  release,
  passTime,
  crash,
  recover,
  recover,
  limitRates,
];
/** What matters to messages that follow others, to results, and to what is done by an id. */
const followedSteps = [
  ...[send, lease, lease, lease, finish, finish, finish, readOutbox, readOutbox, receive, receive],
  ...[receive, cancelWaiting, update, update, retry, release, crash, recover, passTime],
];
const allSteps = [
  ...[send, send, send, send, tick, sendMany, addDead, finish, finish, update, update],
  ...[readOutbox, readOutbox, receive, receive, ...plainSteps, ...ofShape],
];

function sometimes<Value>(values: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> {
  return fc.oneof(
    { weight: 1, arbitrary: fc.constant(undefined) },
    { weight: 2, arbitrary: values },
  );
}

/** Any course of events: of a queue that stays plain for a while, or not. */
export const courses = fc.record({
  consumers: fc.integer({ min: 1, max: 4 }),
  isLifo: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, fc.constant(true)),
  /** Which limits the queue gets after that. */
  limits: fc.record({
    rate: sometimes(rates.rate),
    keyRate: sometimes(rates.keyRate),
    agingMs: sometimes(agingMs),
  }),
  plain: fc.commands(plainSteps, { maxCommands: 40, size: 'small' }),
  keyed: fc.commands(keyedSteps, { maxCommands: 40, size: 'max' }),
  limited: fc.commands(limitedSteps, { maxCommands: 60, size: 'max' }),
  followed: fc.commands(followedSteps, { maxCommands: 60, size: 'max' }),
  steps: fc.commands(allSteps, { maxCommands: 100, size: 'max' }),
});
