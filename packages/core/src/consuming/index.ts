/**
 * What consumers of queues and of topics have in common. For the packages of redpost itself.
 *
 * @module @redpost/core/consuming
 */

export { mayBeTooLarge } from '../codecs/message-size.js';
export { messageOf, shortened } from '../error-text.js';
export { inThisContext, outsideContext } from '../runtime/context.js';
export { isThenable } from '../runtime/is-thenable.js';
export { onAbort } from '../runtime/on-abort.js';
export {
  clearInterval,
  clearTimeout,
  nextTick,
  pause,
  performance,
  setInterval,
  setTimeout,
} from '../runtime/timers.js';
export { warn } from '../runtime/warning.js';
export { definePart } from '../script/part.js';
export {
  clockPart,
  entriesPart,
  mostBytesPart,
  shortenLeasesPart,
  writeBeforeGrowingPart,
} from '../script/parts/parts.js';
export { AckWaiters } from './ack-waiters.js';
export { CallSize } from './call-size.js';
export { newConsumerName } from './consumer-name.js';
export { CountedReport } from './counted-report.js';
export { Deadline } from './deadline.js';
export { type EntryReply, entriesOf, newestId } from './entries.js';
export {
  AlreadySettledError,
  type Delivered,
  ExpiredError,
  LeaseLostError,
  ReturnedError,
} from './errors.js';
export {
  type DeadLetterReason,
  type FailurePolicy,
  type NextStep,
  stepAfter,
  unreadableReason,
} from './failure.js';
export { type Handled, HandlerPool, type HandlerPoolHost, type Lease } from './handler-pool.js';
export { HeldList, type Holdable } from './held-list.js';
export { Pump } from './pump.js';
export { Settling, type SettlingWaiter } from './settling.js';
export { withShortJson } from './short-json.js';
export { SuspectPlace } from './suspect-place.js';
export { ToldSeldom } from './told-seldom.js';
export { UnheardDeadLetters } from './unheard-dead-letters.js';
export { within } from './within.js';
