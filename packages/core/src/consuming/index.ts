export { Ahead } from './ahead.js';
export {
  type DeadLetterReason,
  type FailurePolicy,
  type NextStep,
  stepAfter,
  unreadableReason,
} from './failure.js';
export { HeldList, type Holdable } from './held-list.js';
export { Lookahead } from './lookahead.js';
export { within } from './within.js';
