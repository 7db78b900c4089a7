/** The table of variables: what each is called, what it may be, and what it is without a word. */

import { DEFAULT_DEMO, DEFAULT_SETTINGS } from '@session-monitor/server';
import {
  ADDRESS_FORMS,
  DEFAULT_REDIS_WAIT_MS,
  type FrameWindowSetting,
  HOST_PATTERN,
  isAddress,
  MAX_FRAME_WINDOW_MS,
  MIN_RESERVE_BYTES,
  MIN_SECRET_BYTES,
  REDIS_WAIVERS,
} from '@session-monitor/server/internal';
import { LIMIT_VARIABLES } from './limit-variables.js';
import { choice, DAY_MS, HOUR_MS, list, MAX_MS, text, type Variable, whole } from './variable.js';

const frameWindow = whole(0, 0, MAX_FRAME_WINDOW_MS, '');
const MAX_RESERVE_BYTES = 1e15;
const diskReserve = whole(0, MIN_RESERVE_BYTES, MAX_RESERVE_BYTES, '');

const MAX_REDIS_WAIT_MS = 60_000;

/** Every environment variable that the server reads; each is a flag, too (`--data-dir`). */
export const VARIABLES = {
  HOST: text('127.0.0.1', 'Address to listen on', 'an address of this machine'),
  PORT: whole(5001, 0, 65_535, 'Port to listen on; 0 chooses a free one'),
  DATA_DIR: text('./data', 'Directory of the embedded store', 'a directory'),
  DISK_RESERVE_BYTES: {
    fallback: 'auto',
    help: 'What stays free on its disk: below it, clients can read and erase but not publish',
    allowed: `auto (64 MiB, or 5 % of a smaller disk), or a whole number from ${MIN_RESERVE_BYTES} to ${MAX_RESERVE_BYTES}`,
    read: (value) => (value === 'auto' ? value : diskReserve.read(value)),
  } satisfies Variable<'auto' | number>,
  REDIS_URL: {
    fallback: '',
    help: 'Redis in place of the embedded store, for more than one server',
    allowed: ADDRESS_FORMS,
    read: (value) => (isAddress(value) ? value : undefined),
    secret: true,
  } satisfies Variable<string>,
  REDIS_PREFIX: text('sm:', 'What all keys in Redis begin with', 'a text'),
  REDIS_REPLICAS: whole(0, 0, 10, 'How many replicas must have a write before it is confirmed'),
  REDIS_WAIT_MS: whole(
    DEFAULT_REDIS_WAIT_MS,
    0,
    MAX_REDIS_WAIT_MS,
    'How long requests wait for a Redis that does not answer; 0 fails at once',
  ),
  REDIS_WAIVE: list(
    'Start-up checks of Redis whose failure is accepted',
    `names out of ${REDIS_WAIVERS.join(', ')}, separated by commas`,
    new RegExp(`^(${REDIS_WAIVERS.join('|')})$`),
  ),
  MODE: choice(
    'development',
    'What is allowed by default; if it is not set and NODE_ENV is production, production',
    ['development', 'production'],
  ),
  DEBUG_API_KEY: {
    ...text('', 'Key of the /debug routes; without one they are off in production'),
    secret: true,
  },
  METRICS_KEY: {
    ...text('', 'Key of /metrics, and of nothing else; DEBUG_API_KEY opens it, too'),
    secret: true,
  },
  DEBUG_PAYLOADS: choice(
    'off',
    'Show what users have written to operators for whom authorize answers payloads: true',
    ['off', 'on'],
  ),
  DEBUG_KEY_IN_URL: choice('no', 'Take the key as ?api_key= in production, too', ['no', 'yes']),
  LOG_LEVEL: choice('info', 'Least severe log line that is written', [
    'trace',
    'debug',
    'info',
    'warn',
    'error',
    'fatal',
    'silent',
  ]),
  LOG_ADDRESSES: choice('yes', 'Name the addresses of clients in the log and the session trace', [
    'yes',
    'no',
  ]),
  TRACE: choice('on', 'Keep the session trace: what happened to each session, and when', [
    'on',
    'off',
  ]),
  TRACE_DIR: text(
    '',
    'Directory of the session trace; if empty, trace in DATA_DIR, and with Redis memory only',
    'a directory that no other server uses',
  ),
  TRACE_MB: whole(256, 1, 1_000_000, 'How much of the session trace is kept, in MiB'),
  TRACE_HOURS: whole(48, 1, 8_760, 'How long the session trace is kept'),
  ORIGINS: list(
    "Origins of pages that may connect, besides the server's own",
    'origins like https://chat.example.com, separated by commas',
    /^(\*|https?:\/\/[^/,\s]+)$/,
  ),
  ALLOWED_HOSTS: list(
    'Host names under which the server answers; all if empty',
    'host names like chat.example.com or chat.example.com:8443, separated by commas',
    HOST_PATTERN,
  ),
  TRUST_PROXY: choice(
    'no',
    'Believe the X-Forwarded-For and X-Forwarded-Proto, or the Forwarded, of a proxy, which sets them',
    ['no', 'yes'],
  ),
  AUTHORIZE: text('', 'Module whose default export is the authorize function', 'a path'),
  AUTH_JWKS_URL: text(
    '',
    'Key set of the identity provider whose JSON Web Tokens are accepted, in place of AUTHORIZE',
    'a URL that begins with https://, on this machine also http://',
  ),
  AUTH_SECRET: {
    ...text(
      '',
      'Secret of accepted JSON Web Tokens, in place of a key set',
      `a text of at least ${MIN_SECRET_BYTES} characters`,
    ),
    secret: true,
  },
  AUTH_ISSUER: text('', 'What the claim iss of a token must be; needed with AUTH_JWKS_URL'),
  AUTH_AUDIENCE: text('', 'What the claim aud of a token must hold; needed with AUTH_JWKS_URL'),
  AUTH_USER_CLAIM: text('sub', 'The claim of a token that names the user', 'the name of a claim'),
  AUTH_THREADS: {
    ...list(
      'Threads of a token without the claim threads; * stands for any text, {user} for the user',
      'patterns, separated by commas',
      /^(?:[\w.:*-]|\{user\}){1,128}$/,
    ),
    fallback: ['{user}:*'],
  },
  ...LIMIT_VARIABLES,
  NODE_NAME: text('', 'Name of this process in receipts and traces; random if empty'),
  PING_INTERVAL_MS: whole(
    DEFAULT_SETTINGS.pingIntervalMs,
    10,
    10 * 60_000,
    'How often clients should ping',
  ),
  SESSION_TTL_MS: whole(
    DEFAULT_SETTINGS.sessionTtlMs,
    1,
    MAX_MS,
    'How long a session without a connection can be resumed',
  ),
  IDLE_AFTER_MS: whole(
    DEFAULT_SETTINGS.idleAfterMs,
    1,
    MAX_MS,
    'After how long without activity a connected session is asked whether it is there',
  ),
  EXPIRE_AFTER_MS: whole(
    DEFAULT_SETTINGS.expireAfterMs,
    1,
    MAX_MS,
    'After how long without activity a connected session that does not answer expires',
  ),
  SWEEP_INTERVAL_MS: whole(
    DEFAULT_SETTINGS.sweepIntervalMs,
    10,
    HOUR_MS,
    'How often sessions and logs are cleaned up',
  ),
  RETENTION_AGE_MS: whole(30 * DAY_MS, 1, 10 * MAX_MS, 'How long events are kept'),
  RETENTION_EVENTS: whole(0, 0, 1e12, 'How many events a thread keeps at least; 0 is no limit'),
  RETENTION_BYTES: whole(
    DEFAULT_SETTINGS.retention.maxBytes ?? 0,
    0,
    1e15,
    'How many bytes of events a thread keeps at least; 0 is no limit',
  ),
  RUNS_PER_THREAD: whole(
    DEFAULT_SETTINGS.maxRunsPerThread,
    1,
    1_000,
    'How many replies of one thread may wait or be produced at a time',
  ),
  RUN_WAIT_MS: whole(
    DEFAULT_SETTINGS.runWaitMs,
    1,
    MAX_MS,
    'How long a reply may wait for its turn before it fails',
  ),
  RUN_STALL_MS: whole(
    DEFAULT_SETTINGS.runStallMs,
    1,
    MAX_MS,
    'How long nothing may come of a reply before it fails',
  ),
  RUN_ORPHAN_MS: whole(
    DEFAULT_SETTINGS.runOrphanMs,
    0,
    MAX_MS,
    'How long a reply that only its own stream can see goes on without a reader',
  ),
  RUN_LEASE_MS: whole(
    DEFAULT_SETTINGS.runLeaseMs,
    100,
    HOUR_MS,
    'After how long without a word from its process a reply counts as interrupted',
  ),
  COMPACTION: choice('on', 'Also keep ended replies in few events, for readers that join later', [
    'on',
    'off',
  ]),
  FRAME_WINDOW_MS: {
    fallback: 'auto',
    help: 'How far apart frames to one reader are; auto waits only under load',
    allowed: `auto, or a whole number from 0 to ${MAX_FRAME_WINDOW_MS}`,
    read: (value) => (value === 'auto' ? value : frameWindow.read(value)),
  } satisfies Variable<FrameWindowSetting>,
  DRAIN_MS: whole(2_000, 0, 10 * 60_000, 'Over how long clients spread their return at a stop'),
  RECONNECTS_PER_SECOND: whole(
    DEFAULT_SETTINGS.reconnectsPerSecond,
    1,
    100_000,
    'How many clients a second are asked to come back at a stop; it takes longer if there are many',
  ),
  TRANSPORTS: choice('polling,websocket', 'How clients may connect', [
    'polling,websocket',
    'websocket',
  ]),
  DEMO: choice('auto', 'Serve the demo page at /; auto is on in development, off elsewhere', [
    'auto',
    'on',
    'off',
  ]),
  DASHBOARD: choice(
    'auto',
    'Serve the dashboard at /dashboard; auto is on in development and with a DEBUG_API_KEY',
    ['auto', 'on', 'off'],
  ),
  DASHBOARD_ACTIONS: choice(
    'off',
    'Let operators act from the dashboard, with the right administer: end sessions, cancel replies, erase threads',
    ['off', 'on'],
  ),
  RESPONDER: text(
    'demo',
    'The responder: demo, openai, or a module whose default export is one',
    'demo, openai or a path',
  ),
  OPENAI_BASE_URL: text('', "Where the model's API is; OpenAI's own if empty", 'a URL'),
  OPENAI_API_KEY: {
    ...text('', 'Key of that API; your own model server may need none'),
    secret: true,
  },
  OPENAI_MODEL: text('', 'Model that replies; needed for the responder openai'),
  OPENAI_HISTORY_TOKENS: whole(
    4_000,
    0,
    10_000_000,
    'How much of the conversation goes along with a message, in tokens (estimated)',
  ),
  DEMO_PARTS_PER_SECOND: whole(
    DEFAULT_DEMO.partsPerSecond,
    1,
    10_000,
    'Pace of the demo responder',
  ),
  DEMO_WORDS: whole(
    DEFAULT_DEMO.words,
    0,
    100_000,
    'About how many words its replies have, unless the message names a number; each ends with a sentence',
  ),
} as const satisfies Record<string, Variable<unknown>>;

export type Variables = typeof VARIABLES;
export type VariableName = keyof Variables;
export const VARIABLE_NAMES = Object.keys(VARIABLES) as VariableName[];

/** A variable as a flag: `DATA_DIR` is `--data-dir`. */
export const flagOf = (name: VariableName): string =>
  `--${name.toLowerCase().replaceAll('_', '-')}`;
