export { Ahead } from './ahead.js';
export {
  type DeadLetterReason,
  type FailurePolicy,
  type NextStep,
  stepAfter,
  unreadableReason,
} from './failure.js';
export { HeldList, type Holdable } from './held-list.js';
export { isThenable } from './is-thenable.js';
export { Lookahead } from './lookahead.js';
export { Settling, type SettlingWaiter } from './settling.js';
export { within } from './within.js';
