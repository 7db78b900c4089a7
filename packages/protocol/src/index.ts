export { type Cursor, decodeCursor, encodeCursor, NO_TAG } from './cursor.js';
export { excessiveBytes } from './event-size.js';
export {
  FAULT_CODES,
  type Fault,
  type FaultCode,
  fault,
  isDenial,
  ok,
  type Result,
  refused,
  wantsToken,
} from './faults.js';
export { admit, type Inbox, offsetsCovered, openGap, type Verdict } from './inbox.js';
export {
  DEFAULT_PING_INTERVAL_MS,
  DEFAULT_SESSION_TTL_MS,
  EVENT_NAME_PATTERN,
  HTTP_PATH_PATTERN,
  LIMITS,
  MAX_SENT_EVENT_BYTES,
  MAX_USER_INPUT_LENGTH,
  MESSAGE_ID_PATTERN,
  PROTOCOL_VERSION,
  REPORT_LIMITS,
  THREAD_ID_PATTERN,
  THREAD_LIST_LIMITS,
  TOKEN_PATTERN,
} from './limits.js';
export type * from './messages.js';
export {
  CLIENT_EVENTS,
  isReservedEvent,
  isRunBoundary,
  isRunEvent,
  RUN_EVENTS,
  SERVER_EVENTS,
} from './names.js';
export {
  parseLeaveSession,
  parsePing,
  parseRegisterSession,
  parseThreadAck,
  parseThreadResume,
  parseThreadSend,
} from './parse/client-messages.js';
export {
  type ClientReport,
  type EventsQuery,
  OPERATOR_ACTIONS,
  type OperatorAction,
  type PostMessage,
  type PublishMessage,
  parseClientReport,
  parseEventsQuery,
  parseOperatorAction,
  parsePostMessage,
  parsePostQuestion,
  parsePublishMessage,
  parsePublishQuestion,
  parseRevocation,
  parseSessionId,
  parseThreadId,
  parseTraceDetail,
  parseTraceSubject,
  type Revocation,
  type TraceDetail,
} from './parse/http-messages.js';
export {
  readLogHead,
  readPong,
  readReceipt,
  readReportRequest,
  readServerDraining,
  readSessionExpired,
  readSessionTakenOver,
  readStreamPosition,
  readSystemPing,
  readThreadEphemeral,
  readThreadEvents,
  readThreadSent,
  readTokenExpiring,
} from './parse/server-messages.js';
export {
  parseThreadChange,
  parseThreadPatch,
  parseThreadsQuery,
} from './parse/thread-list.js';
export type * from './thread-list.js';
export {
  isV2Payload,
  parseSystemPingResponse,
  parseV1Ping,
  parseV1RegisterSession,
  parseV1ThreadReference,
} from './v1/client-messages.js';
export type * from './v1/messages.js';
export {
  eventOfMissedMessage,
  isV2Answer,
  readV1MissedMessages,
  readV1SessionRegistered,
  type V1Registered,
} from './v1/server-messages.js';
