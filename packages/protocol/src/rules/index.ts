/**
 * Decisions that more than one package needs: the server makes them, and the testing kit makes the same ones. Not for apps: this
 * changes without notice.
 */

export { type DeltaRange, RangeFinder } from './compaction.js';
export { Credit, isScarce } from './credit.js';
export { awayExpiry, type Expiry, idleExpiry, operatorExpiry } from './expiry.js';
export {
  busyFault,
  finishedRunFault,
  missingAckFault,
  notRegistered,
  RETRY_BUSY_MS,
  reusedFault,
  staleFault,
  storageFullFault,
  unknownRunFault,
} from './faults.js';
export { HTTP_STATUS, refusalBody, retryAfterSeconds } from './http-status.js';
export { endOfString, endOfValue, isNestedDeeper } from './json-text.js';
export { type PingedSession, writePong } from './pong.js';
export {
  beginSince,
  continueAt,
  cursorAtBase,
  cursorAtHead,
  endOfEpoch,
  type LogBounds,
  noticesOf,
  type Position,
  startOver,
  trimmedGap,
} from './position.js';
export { type LimitPolicy, refusalHeaders } from './rate-limit.js';
export { type ReceiptFacts, writeReceipt } from './receipt.js';
export {
  asGrant,
  beginningOf,
  decideRegistration,
  type GrantDecision,
  isOwnerAlive,
  type KnownSession,
  mayClaim,
  type RegistrationFacts,
  type RepeatDecision,
} from './registration.js';
export {
  BAD_PART,
  DRAINING,
  eventOfPart,
  finishedData,
  PART_TYPES,
  RESPONDER_FAILED,
  type RunEnd,
  type RunError,
  type RunNames,
  type RunStatus,
  startedData,
} from './runs.js';
export { V2_MESSAGES } from './v2-messages.js';
