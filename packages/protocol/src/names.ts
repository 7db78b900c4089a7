/** Names on the wire. Nothing else in the product spells one of these out. */

/** Events a client may send. `(v1)` marks those that only the original dialect uses. */
export const CLIENT_EVENTS = {
  registerSession: 'register_session',
  ping: 'ping',
  systemPingResponse: 'system_ping_response',
  leaveSession: 'leave_session',
  threadResume: 'thread_resume',
  threadAck: 'thread_ack',
  threadSend: 'thread_send',
  /** (v1) */
  requestMissedMessages: 'request_missed_messages',
  /** (v1) */
  forceRoomJoin: 'force_room_join',
  /** (v1) */
  debugSocketStatus: 'debug_socket_status',
} as const;

/** Events a server may send. */
export const SERVER_EVENTS = {
  connected: 'connected',
  error: 'error',
  threadEvents: 'thread_events',
  threadEphemeral: 'thread_ephemeral',
  systemPing: 'system_ping',
  sessionExpired: 'session_expired',
  sessionTakenOver: 'session_taken_over',
  tokenExpiring: 'token_expiring',
  reportRequest: 'report_request',
  serverDraining: 'server_draining',
  /** (v1) */
  sessionRegistered: 'session_registered',
  /** (v1) */
  missedMessages: 'missed_messages',
  /** (v1) */
  missedMessagesDelivered: 'missed_messages_delivered',
  /** (v1) */
  missedMessagesStatus: 'missed_messages_status',
  /** (v1) */
  noMissedMessages: 'no_missed_messages',
  /** (v1) */
  roomJoined: 'room_joined',
  /** (v1) */
  debugStatus: 'debug_status',
} as const;

/** Events that the server itself appends to a thread while a reply (a run) is produced. */
export const RUN_EVENTS = {
  started: 'run_started',
  analysis: 'analysis_update',
  knowledge: 'knowledge',
  nextAction: 'next_action',
  message: 'message',
  finished: 'run_finished',
} as const;

/** Names that Socket.IO and Node's EventEmitter keep to themselves. */
const SOCKET_IO_RESERVED = [
  'connect',
  'connect_error',
  'disconnect',
  'disconnecting',
  'newListener',
  'removeListener',
  'reconnect',
  'reconnect_attempt',
  'reconnect_error',
  'reconnect_failed',
  'pong',
] as const;

/**
 * Names that no application event may have: an event of one of these names would be taken for
 * Socket.IO's or the protocol's own. Refused when appended. Marked as pure: a bundle that does not ask leaves it out.
 */
const RESERVED = /* @__PURE__ */ reservedNames();

function reservedNames(): ReadonlySet<string> {
  return new Set([
    ...SOCKET_IO_RESERVED,
    ...Object.values(CLIENT_EVENTS),
    ...Object.values(SERVER_EVENTS),
  ]);
}

/** Whether `event` belongs to Socket.IO or to the protocol and so cannot name an app event. */
export function isReservedEvent(event: string): boolean {
  return RESERVED.has(event);
}

/** Whether `event` opens or closes a run. Only the run itself may append those (I7). */
export function isRunBoundary(event: string): boolean {
  return event === RUN_EVENTS.started || event === RUN_EVENTS.finished;
}

/** Whether `event` is one that a reply is made of. A client may not append those. */
export function isRunEvent(event: string): boolean {
  return Object.values<string>(RUN_EVENTS).includes(event);
}
