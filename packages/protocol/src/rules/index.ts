/**
 * Decisions that more than one package needs: the server makes them, and the testing kit makes the same ones. Not for apps: this
 * changes without notice.
 */

export { type DeltaRange, RangeFinder } from './compaction.js';
export { Credit, isScarce } from './credit.js';
export {
  beginSince,
  continueAt,
  cursorAtBase,
  cursorAtHead,
  endOfEpoch,
  type LogBounds,
  type Position,
  startOver,
  trimmedGap,
} from './position.js';
export {
  type Decision,
  decideRegistration,
  type KnownSession,
  type RegistrationFacts,
} from './registration.js';
export { resetDetail } from './reset-detail.js';
export { missingAckFault, V2_MESSAGES } from './v2-messages.js';
