import { checkedKeyName, refuseForeignName } from '@redpost/core';

/** The keys of one queue, or of one of its partitions. All of them lie in one Cluster slot. */
export interface QueueKeys {
  /** LIST of elements: the queue itself, under its own name. Only producers write here, on the left. */
  readonly list: string;
  /** LIST of elements that were returned: retried, redriven, due and others. The next one is on the right. */
  readonly returned: string;
  /** ZSET of elements by due time, in ms. */
  readonly delayed: string;
  /** LIST of elements that were active when their consumer died, newest on the left. */
  readonly suspects: string;
  /** STREAM of dead letters. */
  readonly dead: string;
  /** ZSET of consumers by the time their lease ends, in ms. */
  readonly consumers: string;
  /** What the SET of dead letters of other queues begins with that were redriven to this one: see `accept-redriven`. */
  readonly redriven: string;
  /** HASH of counters. */
  readonly stats: string;
  /** HASH of what was counted in each minute and hour. */
  readonly series: string;
  /** STREAM of records of settled messages, where the queue has a history. */
  readonly history: string;
  /** ZSET of the entries of this stream by the number of their last record. */
  readonly historyEnds: string;
  /** HASH of what the queue has declared, with a version. A plain queue has none. */
  readonly shape: string;
  /** HASH of the version of the shape that each consumer has put in force. */
  readonly seen: string;
  /** HASH of how many messages each consumer holds, where the shape limits how many may be active. */
  readonly holders: string;
  /** What the LIST of each priority but 4 begins with; the priority follows. */
  readonly levels: string;
  /** What the LIST of each key begins with; the key follows. */
  readonly lists: string;
  /** ZSET of keys whose next message may be taken, by their virtual time. */
  readonly ready: string;
  /** ZSET of keys whose next message may not be taken before a time, in ms. */
  readonly later: string;
  /** HASH of how many messages of each key are held, and its virtual time. */
  readonly busy: string;
  /** HASH of what keys share: their clock, and how many messages wait. */
  readonly fair: string;
  /** ZSET of keys of which at least 16 messages wait, by how many, rounded down to a power of two. */
  readonly keysByPending: string;
  /** ZSET of keys by since when their next message is the next one, in ms. */
  readonly keysByAge: string;
  /** HASH of the messages that are sent once until they are taken or done: key to id. */
  readonly once: string;
  /** What the STRING of each window of `once` begins with; the key follows. */
  readonly onceWindows: string;
  /** STRING that is there while any of these windows is open. */
  readonly openWindows: string;
  /** What the STRING of each window of `throttle` begins with; the key follows. */
  readonly throttleWindows: string;
  /** ZSET of keys of debounced messages by when they are due, in ms. */
  readonly debounced: string;
  /** HASH of when the first message of each of these keys came, with its id. */
  readonly debouncedFirsts: string;
  /** HASH of the element of each of these keys. */
  readonly debouncedElements: string;
  /** What the HASH of each result begins with; the id of the message follows. */
  readonly results: string;
  /** What the SET of the channels on which a result is to be told begins with; the id follows. */
  readonly resultWaiters: string;
  /** There while a consumer has found fewer messages than it wanted, for 30 s at most. */
  readonly idle: string;
  /** HASH of what the rate of the queue has granted. */
  readonly rate: string;
  /** ZSET of schedules by when they are due next, in ms; `inf` for those that are paused or have ended. */
  readonly schedules: string;
  /** HASH of what each schedule was set to. */
  readonly scheduleSpecs: string;
  /** HASH of how far each schedule is. */
  readonly scheduleStates: string;
  /** HASH of the queues to which messages are sent with acknowledgements, and what tells the outbox of each from one before. */
  readonly outboxes: string;
  /** What the STREAM of such messages begins with that another queue has not received yet; the name of that queue follows. */
  readonly outbox: string;
  /** HASH of the last entry that this queue has received from each outbox. */
  readonly inbox: string;
  /** HASH of the flows of which members are in this queue, and how many. */
  readonly members: string;
  /** ZSET of flows that continue in this queue and are not over, by when they are found idle; `inf` for closed ones. */
  readonly flows: string;
  /** HASH of the queues in which members of these flows have not ended, and how many. */
  readonly flowQueues: string;
  /** What the HASH of each of these flows begins with; its id follows. */
  readonly flow: string;
  /** What the LIST of the results of a flow begins with; its id follows. */
  readonly flowResults: string;
  /** What the SET of the flows begins with whose continuations are members of another flow; that one's name follows. */
  readonly nestedFlows: string;
  /** Channel: tells consumers to look at delayed messages, returned ones, suspects, the shape or its gate. */
  readonly signal: string;
  /** HASH of elements a consumer holds, by receipt. */
  active(consumer: string): string;
  /** HASH of those that were leased together, one field for all that are not taken apart. */
  batches(consumer: string): string;
  /** LIST of what a blocking move has brought to a consumer, newest on the left. */
  handoff(consumer: string): string;
  /** STRING of what a consumer tells of itself, as JSON; expires two leases after it was written. */
  registration(consumer: string): string;
  /** HASH of the key that each receipt of a consumer keeps busy. */
  labels(consumer: string): string;
  /** HASH of the messages a consumer holds that are sent once until they are done, by receipt. */
  onces(consumer: string): string;
  /** HASH of the reason why each was cancelled, by receipt, until its consumer knows that. */
  cancelled(consumer: string): string;
}

const longestNameBytes = 1024;

/** @throws InvalidArgumentError for a name that keys cannot be derived from. @param what says whose name it is. */
export function checkName(what: string, name: string): void {
  checkedKeyName(what, name, longestNameBytes);
  refuseForeignName(what, name);
}

/** @throws InvalidArgumentError for a name that cannot be a queue's. */
export function queueKeys(name: string): QueueKeys {
  checkName('The name of a queue', name);
  return keysOfList(name, `{${name}}`);
}

/**
 * The same for a queue that sends nothing: its name may be a list that another system reads.
 *
 * @throws InvalidArgumentError for a name that keys cannot be derived from.
 */
export function keysOfAny(name: string): QueueKeys {
  checkedKeyName('The name of a queue', name, longestNameBytes);
  return keysOfList(name, `{${name}}`);
}

/** The list of a partition: the name of its queue, its number and what brings it to its slot, see `partitions/partition-list.ts`. */
const listOfPartition = /^\{([^{}]+):\d+[a-z]*\}$/s;

/**
 * The keys of the queue or partition with this list: no name of a queue has braces.
 *
 * @throws InvalidArgumentError for a list that can be neither's.
 */
export function keysAt(list: string): QueueKeys {
  const name = nameOfList(list);
  if (name === list) return queueKeys(name);
  checkName('The name of a queue', name);
  return keysOfList(list, `${list}:queue`);
}

/** The name of the queue that has this list, or of which it is a partition. */
export function nameOfList(list: string): string {
  return listOfPartition.exec(list)?.[1] ?? list;
}

/** @param tag what all keys but the list begin with. */
function keysOfList(list: string, tag: string): QueueKeys {
  return {
    list,
    returned: `${tag}:returned`,
    delayed: `${tag}:delayed`,
    suspects: `${tag}:suspects`,
    dead: `${tag}:dead`,
    consumers: `${tag}:consumers`,
    redriven: `${tag}:redriven:`,
    stats: `${tag}:stats`,
    series: `${tag}:series`,
    history: `${tag}:history`,
    historyEnds: `${tag}:history:ends`,
    shape: `${tag}:shape`,
    seen: `${tag}:seen`,
    holders: `${tag}:holders`,
    levels: `${tag}:level:`,
    lists: `${tag}:key:`,
    ready: `${tag}:ready`,
    later: `${tag}:later`,
    busy: `${tag}:busy`,
    fair: `${tag}:fair`,
    keysByPending: `${tag}:keys:pending`,
    keysByAge: `${tag}:keys:age`,
    once: `${tag}:once`,
    onceWindows: `${tag}:once:`,
    openWindows: `${tag}:windows`,
    throttleWindows: `${tag}:throttle:`,
    debounced: `${tag}:debounced`,
    debouncedFirsts: `${tag}:debounced:firsts`,
    debouncedElements: `${tag}:debounced:elements`,
    results: `${tag}:result:`,
    resultWaiters: `${tag}:waiting:`,
    idle: `${tag}:idle`,
    rate: `${tag}:rate`,
    schedules: `${tag}:schedules`,
    scheduleSpecs: `${tag}:schedules:specs`,
    scheduleStates: `${tag}:schedules:states`,
    outboxes: `${tag}:outboxes`,
    outbox: `${tag}:outbox:`,
    inbox: `${tag}:inbox`,
    members: `${tag}:members`,
    flows: `${tag}:flows`,
    flowQueues: `${tag}:flows:queues`,
    flow: `${tag}:flow:`,
    flowResults: `${tag}:flow-results:`,
    nestedFlows: `${tag}:nested-flows:`,
    signal: `${tag}:signal`,
    active: (consumer) => `${tag}:active:${consumer}`,
    batches: (consumer) => `${tag}:batches:${consumer}`,
    handoff: (consumer) => `${tag}:handoff:${consumer}`,
    registration: (consumer) => `${tag}:consumer:${consumer}`,
    labels: (consumer) => `${tag}:labels:${consumer}`,
    onces: (consumer) => `${tag}:onces:${consumer}`,
    cancelled: (consumer) => `${tag}:cancelled:${consumer}`,
  };
}
