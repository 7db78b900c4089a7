/** The values that labels have. Each is one of these, so the number of series is fixed, whatever clients send. */

import { FAULT_CODES } from '@session-monitor/protocol';
import { type CountedLimit, DEFAULT_LIMITS } from '../../limits.js';
import { VERSION as THIS_VERSION } from '../../version.js';
import type { TraceStep } from '../trace-steps.js';

/** Codes that only answers over HTTP have. */
export const HTTP_ONLY_CODES = [
  'not_found',
  'session_unknown',
  'method_not_allowed',
  'request_timeout',
  'unsupported_media_type',
  'key_required',
  'body_consumed',
  'peer_missing',
] as const;

export const LIMIT_NAMES = [
  ...(Object.keys(DEFAULT_LIMITS) as (keyof typeof DEFAULT_LIMITS)[]),
  'storage',
] as const satisfies readonly CountedLimit[];

/** Why a history is void. */
const RESETS = ['deleted', 'epoch_changed', 'cursor_ahead', 'diverged'] as const;

/** The steps of the trace that no other metric counts. */
const STEPS = [
  'access_refused',
  'ping',
  'idle',
  'revoked',
  'operated',
  'system_ping',
  'system_ping_response',
  'taken_over',
  'expire',
  'forget',
  'overflow',
  'trim',
  'erase',
  'drain',
  'node_lost',
  'frozen',
  'reported',
  'report_requested',
  'loop_blocked',
  'not_stopped',
] as const satisfies readonly TraceStep[];

export const TRANSPORT = ['transport', ['polling', 'websocket', 'webtransport', 'other']] as const;

/** As Socket.IO names them. */
export const DISCONNECT = [
  'reason',
  [
    'transport close',
    'transport error',
    'ping timeout',
    'parse error',
    'client namespace disconnect',
    'server namespace disconnect',
    'forced close',
    'forced server close',
    'server shutting down',
    'other',
  ],
] as const;

export const UPGRADE = [
  'reason',
  ['abandoned', 'no_upgrade_header', 'unknown_connection', 'refused', 'bad_request'],
] as const;

export const OUTCOME = [
  'outcome',
  ['new', 'resumed', 'reset', 'forked', 'repeated', 'other'],
] as const;
export const OUTCOME_REASON = [
  'reason',
  ['none', 'expired', 'unknown_session', ...RESETS, 'other'],
] as const;

export const CODE = ['code', [...FAULT_CODES, 'other']] as const;
export const ANY_CODE = ['code', [...FAULT_CODES, ...HTTP_ONLY_CODES, 'other']] as const;
export const OVER = ['over', ['socket', 'http']] as const;

export const GAP_REASON = ['reason', ['trimmed', 'other']] as const;
export const RESET_REASON = ['reason', [...RESETS, 'other']] as const;

/** What a reader has when a gap is announced to it: nothing yet, a cursor of before, or it follows the thread. */
export const READER = ['reader', ['new', 'returning', 'following']] as const;
/** The same, of readers that have events to catch up. */
export const BEGINNER = ['reader', ['new', 'returning']] as const;

/** What carries frames: a Socket.IO connection, or a stream over HTTP. */
export const LINK = ['link', ['socket', 'stream']] as const;
export const PAUSE = ['reason', ['credit', 'transport', 'pacing']] as const;

export const RUN_END = [
  'status',
  ['completed', 'failed', 'cancelled', 'interrupted', 'fenced', 'other'],
] as const;
export const RUN_STATE = ['state', ['waiting', 'running']] as const;

export const STEP = ['step', STEPS] as const;
export const LIMIT = ['limit', LIMIT_NAMES] as const;

export const SESSION_STATE = ['state', ['active', 'idle']] as const;
export const RECORD_STATE = ['state', ['connected', 'disconnected', 'expired']] as const;
export const NODE_STATE = ['state', ['alive', 'unreachable']] as const;
export const MEMORY = ['kind', ['heap_used', 'heap_limit', 'resident']] as const;
export const SPACE = ['kind', ['left', 'reserve']] as const;
export const VERSION = ['version', [THIS_VERSION]] as const;
export const STORE = ['store', ['memory', 'lmdb', 'redis', 'other']] as const;
