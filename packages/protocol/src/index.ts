export { type Cursor, decodeCursor, encodeCursor, NO_TAG } from './cursor.js';
export {
  FAULT_CODES,
  type Fault,
  type FaultCode,
  fault,
  ok,
  type Result,
  refused,
} from './faults.js';
export { admit, type Inbox, spanOf, type Verdict } from './inbox.js';
export {
  EVENT_NAME_PATTERN,
  LIMITS,
  MESSAGE_ID_PATTERN,
  PROTOCOL_VERSION,
  THREAD_ID_PATTERN,
  TOKEN_PATTERN,
} from './limits.js';
export type * from './messages.js';
export {
  CLIENT_EVENTS,
  isReservedEvent,
  isRunBoundary,
  RUN_EVENTS,
  SERVER_EVENTS,
} from './names.js';
export {
  parseLeaveSession,
  parsePing,
  parseRegisterSession,
  parseThreadAck,
  parseThreadResume,
} from './parse/client-messages.js';
export { type PostMessage, parsePostMessage } from './parse/http-messages.js';
export {
  readPong,
  readReceipt,
  readServerDraining,
  readSessionExpired,
  readSessionTakenOver,
  readThreadEvents,
} from './parse/server-messages.js';
