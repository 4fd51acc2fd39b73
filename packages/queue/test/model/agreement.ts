import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import type { StatsResult } from '../../src/scripts/stats.js';
import { Forbidden } from './forbidden.js';
import type { Looked } from './look.js';
import type { Message } from './model-consumer.js';
import { levels, type QueueModel } from './queue-model.js';

/** What may be left in Redis of a queue that has no messages: Redis keeps an empty stream. */
const leftWhenEmpty =
  /^(shape|stats|consumers|idle|seen|dead|fair|inbox|outboxes|outbox:.*|result:.*)$/;
/** The same when no consumer is left either. */
const leftAtTheEnd = /^(shape|stats|consumers|idle|seen|dead|inbox|outboxes|outbox:.*|result:.*)$/;

/** Throws unless Redis has exactly what the model says, and what scripts keep beside it agrees with that. */
export function checkAgreement(model: QueueModel, looked: Looked, stats: StatsResult): void {
  const redis = new InRedis(looked);
  model.once.orderAs([...redis.map('debounced').keys()]);
  model.orderDelayedAs([...redis.map('delayed').keys()].map((text) => numberIn(text.slice(10))));
  same(messagesIn(redis), messagesOf(model));
  checkResults(model, redis);
  checkOutbox(model, redis, stats);
  checkKeys(model, redis);
  checkConsumers(model, redis);
  checkOnce(model, redis);
  checkShape(model, redis);
  same(
    [stats.pending, stats.delayed, stats.dead, stats.byPriority],
    [
      model.pending,
      model.delayedCount,
      model.dead.length,
      model.hasLevels ? [...levels].reverse().map((level) => model.waitingAt(level)) : [],
    ],
  );
  for (const [name, count] of Object.entries(model.counters)) {
    same({ [name]: stats.counters[name] ?? 0 }, { [name]: count });
  }
  if (model.isEmpty) checkNothingLeft(looked, leftWhenEmpty, model);
}

/** Throws if something is left of a queue that has neither messages nor consumers. */
export function checkNothingIsLeft(looked: Looked): void {
  checkNothingLeft(looked, leftAtTheEnd);
}

function checkNothingLeft({ contents }: Looked, allowed: RegExp, model?: QueueModel): void {
  const left = [...contents].filter(
    ([name]) => !allowed.test(name) && !(model && ends(model, name)),
  );
  if (left.length > 0) throw new Forbidden(`an empty queue leaves ${JSON.stringify(left)}`);
}

/** Whether this is a key that ends by itself, whose time has not come. */
function ends(model: QueueModel, name: string): boolean {
  if (name === 'rate') return model.rate.mayBeKept(model.now);
  if (name.startsWith('rate:')) return model.keyRate(name.slice(5)).mayBeKept(model.now);
  const windows = [...model.once.windows].filter(([, { until }]) => until > model.tick);
  return windows.some(
    ([each]) => each === name || (name === 'windows' && each.startsWith('once:')),
  );
}

/** The keys of a queue, by their types. */
class InRedis {
  constructor(private readonly looked: Looked) {}

  get now(): number {
    return this.looked.now;
  }

  list(name: string): readonly string[] {
    return this.looked.contents.get(name) ?? [];
  }

  /** The fields of a hash, or the scores of a sorted set. */
  map(name: string): Map<string, string> {
    const values = this.list(name);
    const map = new Map<string, string>();
    for (let at = 0; at < values.length; at += 2) {
      map.set(values[at] as string, values[at + 1] as string);
    }
    return map;
  }

  /** The keys that begin so, each with what follows. */
  namesAfter(prefix: string): string[] {
    const names = [...this.looked.contents.keys()].filter((name) => name.startsWith(prefix));
    return names.map((name) => name.slice(prefix.length)).sort();
  }
}

/** A message in a few characters: its number, its id if that is another one, its attempts, and whether it is a suspect. */
function short(message: Pick<Message, 'n' | 'id' | 'attempt' | 'isSuspect'>): string {
  const { n, id, attempt, isSuspect } = message;
  return `${n}${id === n ? '' : `~${id}`}${attempt > 0 ? `+${attempt}` : ''}${isSuspect ? '!' : ''}`;
}

/** The number of a message is its body. */
function numberIn(element: string): number {
  return Number(element.slice(element.lastIndexOf('\n') + 1));
}

function shortOf(element: string): string {
  const [, attempt, suspect] = /^.1\{(?:"attempt":(\d+),)?(?:"suspect":(1),)?/.exec(element) ?? [];
  const n = numberIn(element);
  const [, id = n] = /^.1\{[^\n]*?"id":"(\d+)"/.exec(element) ?? [];
  return short({
    n,
    id: Number(id),
    attempt: Number(attempt ?? 0),
    isSuspect: suspect !== undefined,
  });
}

/** Elements whose next one is on the right. */
function fromRight(elements: readonly string[]): string {
  return elements.map(shortOf).reverse().join(' ');
}

function texts(messages: readonly Message[]): string {
  return messages.map(short).join(' ');
}

/** Where each message is. */
function messagesIn(redis: InRedis): Record<string, string> {
  const places: Record<string, string> = {};
  const list = redis.list('').map(shortOf);
  places.list = list.join(' ');
  places.returned = fromRight(redis.list('returned'));
  for (const level of redis.namesAfter('level:')) {
    places[`level ${level}`] = fromRight(redis.list(`level:${level}`));
  }
  for (const key of redis.namesAfter('key:')) {
    places[`key ${key}`] = fromRight(redis.list(`key:${key}`));
  }
  places['suspects 4'] = fromRight(redis.list('suspects'));
  for (const level of redis.namesAfter('suspects:')) {
    places[`suspects ${level}`] = fromRight(redis.list(`suspects:${level}`));
  }
  places.delayed = [...redis.map('delayed').keys()]
    .map((text) => shortOf(text.slice(10)))
    .join(' ');
  const quiet = redis.map('debounced:elements');
  places.debounced = [...redis.map('debounced').keys()]
    .map((key) => shortOf(quiet.get(key) ?? ''))
    .join(' ');
  places.dead = redis.list('dead').map(shortOf).join(' ');
  const holders = new Set(
    ['active:', 'batches:', 'handoff:'].flatMap((prefix) => redis.namesAfter(prefix)),
  );
  for (const name of holders) {
    const held = new Map([...redis.map(`active:${name}`), ...redis.map(`batches:${name}`)]);
    places[`held by ${name}`] = heldText(
      [...held].map(([receipt, element]) => [Number(receipt), shortOf(element)]),
    );
    places[`handoff of ${name}`] = fromRight(redis.list(`handoff:${name}`));
  }
  return withoutEmpty(places);
}

function messagesOf(model: QueueModel): Record<string, string> {
  const places: Record<string, string> = {};
  places.list = texts(model.isLifo ? model.list : [...model.list].reverse());
  places.returned = texts(model.returned);
  for (const [level, messages] of model.byLevel) places[`level ${level}`] = texts(messages);
  for (const [key, messages] of model.byKey) places[`key ${key}`] = texts(messages);
  for (const [level, messages] of model.suspects) places[`suspects ${level}`] = texts(messages);
  places.delayed = texts(model.delayed.map(({ message }) => message));
  places.debounced = texts(model.once.debounced.map(({ message }) => message));
  places.dead = texts(model.dead);
  for (const { name, held, handoff } of model.consumers) {
    places[`held by ${name}`] = heldText(
      [...held].map(([receipt, message]) => [receipt, short(message)]),
    );
    places[`handoff of ${name}`] = texts(handoff);
  }
  return withoutEmpty(places);
}

function heldText(held: [receipt: number, text: string][]): string {
  return held
    .sort(([a], [b]) => a - b)
    .map((pair) => pair.join('='))
    .join(' ');
}

function withoutEmpty(places: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(places).filter(([, text]) => text !== ''));
}

/** What scripts keep of each key agrees with where its messages are. */
function checkKeys(model: QueueModel, redis: InRedis): void {
  const waiting = [...model.byKey].filter(([, messages]) => messages.length > 0);
  const noted = waiting.map(
    ([key, { length }]) => [key, 2 ** Math.floor(Math.log2(length))] as const,
  );
  const many = noted.filter(([, count]) => count >= 16).map(([key, count]) => [key, String(count)]);
  same(plain(redis.map('keys:pending')), Object.fromEntries(many));
  same([...redis.map('keys:age').keys()].sort(), waiting.map(([key]) => key).sort());
  const sum = waiting.reduce((total, [, { length }]) => total + length, 0);
  same({ pending: Number(redis.map('fair').get('pending') ?? 0) }, { pending: sum });

  const busy = redis.map('busy');
  const held = new Map<string, number>();
  for (const { held: messages } of model.consumers) {
    for (const { key } of messages.values())
      if (key !== undefined) held.set(key, (held.get(key) ?? 0) + 1);
  }
  for (const { key } of [...model.suspects.values()].flat()) {
    if (key !== undefined) held.set(key, (held.get(key) ?? 0) + 1);
  }
  const countsIn = [...busy].map(([key, entry]) => [key, Number(entry.split(':')[0])]);
  same({ busy: Object.fromEntries(countsIn) }, { busy: Object.fromEntries(held) });

  const [ready, later] = [redis.map('ready'), redis.map('later')];
  for (const key of new Set([...ready.keys(), ...later.keys(), ...waiting.map(([name]) => name)])) {
    const at = later.get(key);
    const isDue = at !== undefined && at !== 'inf' && Number(at) <= redis.now;
    const is = [ready.has(key) && 'ready', at !== undefined && (isDue ? 'due' : 'later')].filter(
      Boolean,
    );
    if (!stateOf(model, key).includes(is.join())) {
      throw new Forbidden(`key ${key} is ${is.join() || 'nowhere'}, not ${stateOf(model, key)}`);
    }
  }
}

/** In which of its states a key may be. */
function stateOf(model: QueueModel, key: string): string[] {
  if ((model.byKey.get(key) ?? []).length === 0) return [''];
  if (model.heldOf(key) >= model.keyConcurrency) {
    if (model.hasLoweredKeys) return ['', 'ready', 'due', 'later'];
    // One message of a run has failed, and others of the run are still held.
    return model.holds.has(key) ? ['', 'due', 'later'] : [''];
  }
  if (model.isOnHold(key)) return ['later'];
  if (!model.isInKeyRate(key, 'certainly')) return ['ready', 'later', 'due'];
  return model.isKeyPaused(key) ? ['later', 'due'] : ['ready', 'due'];
}

function checkConsumers(model: QueueModel, redis: InRedis): void {
  const names = model.consumers.flatMap(({ name, state, rememberedUntil }) => [
    ...(state === 'alive' || state === 'overdue' ? [name] : []),
    ...(rememberedUntil === undefined ? [] : [`~${name}`]),
  ]);
  same([...redis.map('consumers').keys()].sort(), names.sort());
  for (const name of redis.namesAfter('labels:')) {
    const consumer = model.consumers.find((each) => each.name === name);
    const runs = [...(consumer?.held.values() ?? [])].map(({ inRun }) => inRun?.run);
    for (const [receipt, label] of redis.map(`labels:${name}`)) {
      // Those of a run that wait again are noted as long as others of it are held.
      if (receipt.startsWith('b') && runs.some((run) => run)) continue;
      const message = consumer?.held.get(Number(receipt));
      const key = label.slice(label.indexOf(':') + 1);
      if (message && key === (message.key ?? '')) continue;
      throw new Forbidden(`label ${receipt} of ${name} says ${label}`);
    }
  }
  for (const { name, held } of model.consumers) {
    const labels = redis.map(`labels:${name}`);
    for (const [receipt, { key }] of held) {
      if (key === undefined || labels.has(String(receipt))) continue;
      throw new Forbidden(`${name} holds ${receipt} of key ${key} without a label`);
    }
  }
  const counted = model.consumers.filter(({ isCounted, count }) => isCounted && count > 0);
  const holders = Object.fromEntries(counted.map(({ name, count }) => [name, String(count)]));
  same({ holders: plain(redis.map('holders')) }, { holders });
}

/** What is kept of messages that are through. */
function checkResults({ results }: QueueModel, redis: InRedis): void {
  const kept = redis.namesAfter('result:').map((id) => {
    const result = redis.map(`result:${id}`);
    const field = ['value', 'error'].find((name) => result.has(name));
    return [id, `${result.get('state')} ${result.get('attempt')} ${field ?? ''}`];
  });
  const expected = [...results.byId].map(([id, { state, attempt, field = '' }]) => {
    return [String(id), `${state} ${attempt} ${field}`];
  });
  same({ results: Object.fromEntries(kept) }, { results: Object.fromEntries(expected) });
}

/** What is on its way. */
function checkOutbox({ outbox }: QueueModel, redis: InRedis, stats: StatsResult): void {
  const posted = redis.namesAfter('outbox:').flatMap((name) => redis.list(`outbox:${name}`));
  same(
    { outbox: posted.map(numberIn) },
    { outbox: outbox.entries.map(({ message }) => message.n) },
  );
  same(stats.outbox.pending, outbox.entries.length);
}

/** Which messages count, and what tells that of those that are held. */
function checkOnce({ once, consumers, tick }: QueueModel, redis: InRedis): void {
  const idOf = (id: number) => JSON.stringify(String(id));
  const counting = [...once.counting].map(([key, id]) => [key, idOf(id)]);
  same({ once: plain(redis.map('once')) }, { once: Object.fromEntries(counting) });
  for (const { name, held } of consumers) {
    const done = [...held].flatMap(([receipt, { once: condition, id }]) => {
      if (condition?.until !== 'done') return [];
      const { key } = condition;
      return [[receipt, `${Buffer.byteLength(key)}:${key}${idOf(id)}`]];
    });
    same({ [name]: plain(redis.map(`onces:${name}`)) }, { [name]: Object.fromEntries(done) });
  }
  for (const word of ['once', 'throttle']) {
    const open = [...once.windows].flatMap(([name, { until }]) => (until > tick ? [name] : []));
    const names = open.filter((name) => name.startsWith(`${word}:`));
    if (word === 'once' && names.length > 0) {
      same({ windows: redis.list('windows') }, { windows: ['1'] });
    }
    same(redis.namesAfter(`${word}:`), names.map((name) => name.slice(word.length + 1)).sort());
  }
  const firsts = [...redis.map('debounced:firsts')].map(([key, text]) => [
    key,
    text.replace(/^\d+:\d+:/, ''),
  ]);
  const expected = once.debounced.map(({ key, message }) => [key, idOf(message.id)]);
  same({ firsts: Object.fromEntries(firsts) }, { firsts: Object.fromEntries(expected) });
}

function checkShape(model: QueueModel, redis: InRedis): void {
  const shape = redis.map('shape');
  if (!shape.has('paused') && !model.isPaused) model.pausedUntil = undefined;
  const pauses = [...shape.keys()].filter((field) => field.startsWith('paused_key:'));
  const pausedConsumers = [...shape.keys()].filter((field) => field.startsWith('paused_consumer:'));
  const areToBe = model.consumers.filter(({ isPaused }) => isPaused);
  same(pausedConsumers.sort(), areToBe.map(({ name }) => `paused_consumer:${name}`).sort());
  same(
    {
      levels: shape.has('levels'),
      keys: shape.has('keys'),
      once: shape.has('once'),
      paused: shape.has('paused'),
      concurrency: Number(shape.get('concurrency') ?? 0),
      keyConcurrency: Number(shape.get('key_concurrency') ?? 1),
      keyMaxLength: Number(shape.get('key_max_length') ?? Number.POSITIVE_INFINITY),
      pauses: Number(shape.get('key_pauses') ?? 0),
      version: shape.has('version'),
    },
    {
      levels: model.hasLevels,
      keys: model.hasKeys,
      once: model.hasOnce,
      paused: model.pausedUntil !== undefined,
      concurrency: model.concurrency ?? 0,
      keyConcurrency: model.keyConcurrency,
      keyMaxLength: model.keyMaxLength,
      pauses: pauses.length,
      version: shape.size > 0,
    },
  );
  for (const key of model.keyPauses.keys()) {
    if (!model.isKeyPaused(key) || pauses.includes(`paused_key:${key}`)) continue;
    throw new Forbidden(`the pause of ${key} is forgotten`);
  }
}

function plain(map: Map<string, string>): Record<string, string> {
  return Object.fromEntries(map);
}

function same(actual: unknown, expected: unknown): void {
  // What tells the difference is slow.
  if (!isDeepStrictEqual(actual, expected)) expect(actual).toEqual(expected);
}
