/** The steps of the trace and the fields of each: ids and counts, never payloads. docs/trace.md has the same table. */

/** A session on its thread. */
const SESSION = ['session_id', 'thread_id'] as const;
/** A session while a connection carries it. */
const CARRIED = [...SESSION, 'connection'] as const;
const GRANTED = [
  ...CARRIED,
  ...['user_id', 'address', 'transport', 'generation', 'outcome', 'reason', 'from', 'replay'],
  ...['gap_from', 'gap_to', 'repeated', 'protocol', 'former_node'],
] as const;
const REFUSED = [
  ...CARRIED,
  ...['user_id', 'address', 'action', 'code', 'detail', 'expired_ms', 'suppressed'],
] as const;
/** What a question, a revocation or a watch is about. */
const SUBJECT = [...SESSION, 'user_id'] as const;

export const TRACE_STEPS = {
  connect: ['connection', 'transport', 'address', 'suppressed'],
  upgrade: ['connection', 'from', 'transport'],
  upgrade_failed: ['connection', 'to', 'transport', 'reason'],
  disconnect: [...CARRIED, 'address', 'reason', 'ms', 'suppressed', 'acknowledged', 'sent'],
  register: GRANTED,
  register_refused: REFUSED,
  /** Any other refusal by `authorize`, on a socket or over HTTP, and a wrong key of the debug routes. */
  access_refused: [...REFUSED, 'method', 'path'],
  resume: GRANTED,
  /** What the next `register` or `resume` of the session was decided from. */
  considered: [
    ...[...CARRIED, 'user_id', 'attempt', 'claimed', 'presented', 'presented_attempt'],
    ...['own_attempt', 'own_expired', 'asked', 'asked_offset', 'began_offset', 'same_epoch'],
    ...['same_tag', 'ended', 'head', 'base', 'window_events', 'window_bytes'],
  ],
  ping: [...CARRIED, 'user_id', 'offset', 'head'],
  frozen: [...CARRIED, 'silent_ms', 'frozen_ms', 'visible'],
  idle: [...CARRIED, 'silent_ms', 'after_ms'],
  revoked: [...SUBJECT, 'sessions', 'streams'],
  /** An operator has done something to it. */
  operated: [...SUBJECT, 'run_id', 'action', 'minutes', 'by', 'address'],
  system_ping: CARRIED,
  system_ping_response: [...CARRIED, 'waited_ms'],
  taken_over: [...CARRIED, 'by'],
  fork: [...CARRIED, 'of'],
  gap: [...SESSION, 'reason', 'gap_from', 'gap_to'],
  reset: [...SESSION, 'reason', 'from'],
  expire: [...CARRIED, 'reason', 'silent_ms', 'away_ms', 'after_ms'],
  forget: SESSION,
  /** Once a minute for each session that has changed. */
  sample: [
    ...SESSION,
    ...['transport', 'acknowledged', 'sent', 'head', 'in_flight_bytes', 'waiting', 'ack_age_ms'],
    'rtt_ms',
  ],
  frame: [...CARRIED, 'user_id', 'from', 'to', 'events', 'bytes', 'asks_ack'],
  acknowledged: [...CARRIED, 'user_id', 'told', 'same_epoch', 'offset', 'in_flight_bytes'],
  pause: [...CARRIED, 'user_id', 'waiting'],
  timer: [...CARRIED, 'user_id', 'timer', 'ms'],
  /** A client has sent its report; an operator has asked for one. */
  reported: [...SESSION, 'user_id', 'address', 'bytes', 'requested'],
  report_requested: CARRIED,
  bad_input: ['connection', 'event', 'code', 'field', 'message', 'suppressed'],
  overflow: ['connection', 'transport'],
  /** A limit of `limits.ts` was hit. */
  limit: [
    ...['limit', 'times', 'connection', 'connections', 'address', 'user_id', 'thread_id'],
    ...['delay_ms', 'memory_percent', 'waiting', 'detail'],
  ],
  trim: ['thread_id', 'from', 'to'],
  erase: ['thread_id'],
  run_started: ['run_id', 'thread_id', 'user_id', 'address', 'published'],
  run_finished: ['run_id', 'thread_id', 'status', 'ms', 'code'],
  process_started: ['version', 'kept'],
  process_stopped: [],
  /** The process before was not stopped properly. */
  not_stopped: ['runs', 'last_at', 'former'],
  drain: ['connections', 'runs'],
  node_lost: ['lost', 'sessions', 'runs'],
  loop_blocked: ['ms'],
  detail_on: [...SUBJECT, 'minutes'],
  detail_off: [...SUBJECT, 'reason'],
  trace_stopped: ['code', 'dropped'],
  trace_suppressed: ['times'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type TraceStep = keyof typeof TRACE_STEPS;

export type TraceValue = string | number | boolean | null | undefined;

/** Fields of whichever step. */
export type TraceFields = Readonly<Record<string, TraceValue>>;

/** The fields that a step may have. */
export type StepFields<Step extends TraceStep> = {
  readonly [Field in (typeof TRACE_STEPS)[Step][number]]?: TraceValue;
};

/** Steps that are about the process, and so about each of its sessions. */
export const NODE_STEPS: ReadonlySet<string> = new Set<TraceStep>([
  'process_started',
  'process_stopped',
  'not_stopped',
  'drain',
  'node_lost',
  'loop_blocked',
  'trace_stopped',
  'trace_suppressed',
]);

/** Frequent steps: they are kept only for what an operator watches in detail. */
export const DETAIL_STEPS: ReadonlySet<TraceStep> = new Set<TraceStep>([
  'ping',
  'trim',
  'frame',
  'acknowledged',
  'pause',
  'timer',
  'considered',
]);

/** Steps that need no right: strangers can cause any number of them. */
export const STRANGERS_STEPS: ReadonlySet<TraceStep> = new Set<TraceStep>([
  'connect',
  'disconnect',
  'upgrade',
  'upgrade_failed',
  'register_refused',
  'access_refused',
  'bad_input',
  'overflow',
]);
