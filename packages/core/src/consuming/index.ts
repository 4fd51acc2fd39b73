/**
 * What consumers of queues and of topics have in common. For the packages of redpost itself.
 *
 * It does not load the client of Redis: the `redpost` command takes from here what it needs before it connects.
 *
 * @module @redpost/core/consuming
 */

export { fixed } from '../backoff.js';
export { decodeSlice } from '../codecs/codec.js';
export { mayBeTooLarge } from '../codecs/message-size.js';
export { type Block, Slice } from '../codecs/slice.js';
export { messageOf, shortened, stackOf } from '../error-text.js';
export { asError, isRedpostError } from '../errors.js';
export {
  type CheckedHandling,
  type CheckedLease,
  checkedHandling,
  checkedLease,
  consumeOptionNames,
  type HandlingOptions,
  type LeaseOptions,
} from '../leasing/consume-options.js';
export { newConsumerName } from '../leasing/consumer-name.js';
export {
  AlreadySettledError,
  type Delivered,
  ExpiredError,
  LeaseLostError,
  ReturnedError,
} from '../leasing/errors.js';
export { type FedSession, Feed } from '../leasing/feed.js';
export type { Acked, Acks, Answer, Asked, FeedSource } from '../leasing/feed-source.js';
export { Heartbeat } from '../leasing/heartbeat.js';
export { Held, type Settler } from '../leasing/held.js';
export type { LeaseEvents } from '../leasing/lease-events.js';
export type { DeadLettering, LeaseStore, Renewal, Retry } from '../leasing/lease-store.js';
export { LeaseSession } from '../leasing/session.js';
export { Settlements } from '../leasing/settlements.js';
export { Settling, type SettlingWaiter } from '../leasing/settling.js';
export { Signals, type SignalsEvents } from '../leasing/signals.js';
export { type StopOptions, Stopping, type StopSteps } from '../leasing/stopping.js';
export { Turns } from '../leasing/turns.js';
export { compose, type Wrapper } from '../observe/compose.js';
export { handlerCall } from '../observe/handler-call.js';
export { noteReceived } from '../observe/note-received.js';
export {
  areObserved,
  isObserved,
  observeHandle,
  observeReceive,
  observeSend,
} from '../observe/observation.js';
export { reportSent } from '../observe/sent-report.js';
export { SettledReport } from '../observe/settled-report.js';
export { longestTimerMs, shown } from '../options/check.js';
export { parseDuration } from '../options/duration.js';
export { type NamedUse, NameIndex } from '../registry/name-index.js';
export { describeConsumer, readConsumers, withRunning } from '../registry/registration.js';
export { inThisContext, outsideContext } from '../runtime/context.js';
export { inTurns } from '../runtime/in-turns.js';
export { isThenable } from '../runtime/is-thenable.js';
export { onAbort } from '../runtime/on-abort.js';
export {
  clearInterval,
  clearTimeout,
  nextTick,
  pause,
  performance,
  setImmediate,
  setInterval,
  setTimeout,
} from '../runtime/timers.js';
export { warn } from '../runtime/warning.js';
export { JointScript } from '../script/joint-script.js';
export { definePart } from '../script/part.js';
export {
  clockPart,
  entriesPart,
  mostBytesPart,
  shortenLeasesPart,
  writeBeforeGrowingPart,
} from '../script/parts/parts.js';
export { TickBatch } from '../sending/batch.js';
export { fail, type OnItsWay } from '../sending/on-its-way.js';
export { Ahead } from './ahead.js';
export { checkedHandler } from './checked-handler.js';
export { CountedReport } from './counted-report.js';
export { type EntryReply, entriesOf, newestId } from './entries.js';
export {
  type DeadLetterReason,
  type FailurePolicy,
  type NextStep,
  stepAfter,
  unreadableReason,
} from './failure.js';
export { fingerprint, normalised } from './fingerprint.js';
export {
  type Handled,
  HandlerPool,
  type HandlerPoolHost,
  type Lease,
  type Work,
} from './handler-pool.js';
export { IdleWatch } from './idle-watch.js';
export { Outcomes } from './outcomes.js';
export { Pace } from './pace.js';
export { Rerun } from './rerun.js';
export { bodyInJson, bytesInJson, withShortJson } from './short-json.js';
export { ToldSeldom } from './told-seldom.js';
export { UnheardDeadLetters } from './unheard-dead-letters.js';
export { untilIdle } from './until-idle.js';
export { within } from './within.js';
