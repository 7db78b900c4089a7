/** The server's configuration: one table of variables, read once, at start, from flags and environment. */

import { DEFAULT_MAX_EVENT_BODY_BYTES } from '@session-monitor/http';
import { DEFAULT_DEMO, DEFAULT_LIMITS, DEFAULT_SETTINGS } from '@session-monitor/server';
import {
  ADDRESS_FORMS,
  configError,
  DEFAULT_REDIS_WAIT_MS,
  type FrameWindowSetting,
  HOST_PATTERN,
  isAddress,
  isLoopback,
  isStrongKey,
  MAX_FRAME_WINDOW_MS,
  REDIS_WAIVERS,
  STRONG_KEY,
} from '@session-monitor/server/internal';

interface Variable<T> {
  readonly fallback: T;
  readonly help: string;
  /** What is allowed, in words. */
  readonly allowed: string;
  /** The value, or undefined if the text is not allowed. */
  read(text: string): T | undefined;
  /** The value may hold a password: messages never show it. */
  readonly secret?: boolean;
}

const text = (fallback: string, help: string, allowed = 'any text'): Variable<string> => ({
  fallback,
  help,
  allowed,
  read: (value) => value,
});

const choice = <const T extends string>(
  fallback: T,
  help: string,
  values: readonly T[],
): Variable<T> => ({
  fallback,
  help,
  allowed: values.join(', '),
  read: (value) => values.find((each) => each === value),
});

const whole = (fallback: number, min: number, max: number, help: string): Variable<number> => ({
  fallback,
  help,
  allowed: `a whole number from ${min} to ${max}`,
  read: (value) => {
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    return number >= min && number <= max ? number : undefined;
  },
});

const list = (help: string, allowed: string, item: RegExp): Variable<readonly string[]> => ({
  fallback: [],
  help,
  allowed,
  read: (value) => {
    const items = value.split(',').map((each) => each.trim());
    return items.every((each) => item.test(each)) ? items : undefined;
  },
});

const frameWindow = whole(0, 0, MAX_FRAME_WINDOW_MS, '');

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MAX_MS = 365 * DAY_MS;
const MAX_REDIS_WAIT_MS = 60_000;

/** Every environment variable that the server reads; each is a flag, too (`--data-dir`). */
export const VARIABLES = {
  HOST: text('127.0.0.1', 'Address to listen on', 'an address of this machine'),
  PORT: whole(5001, 0, 65_535, 'Port to listen on; 0 chooses a free one'),
  DATA_DIR: text('./data', 'Directory of the embedded store', 'a directory'),
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
  LOG_ADDRESSES: choice('yes', 'Name the addresses of clients in the log', ['yes', 'no']),
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
    'Believe the X-Forwarded-Proto or Forwarded of a proxy, which sets it',
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
      'a text of at least 32 characters',
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
  AUTHORIZE_TIMEOUT_MS: whole(
    DEFAULT_LIMITS.authorizeTimeoutMs,
    1,
    60_000,
    'How long authorize may take before its caller has to try again',
  ),
  LIMIT_AUTHORIZE_CALLS: whole(
    DEFAULT_LIMITS.authorizeCalls,
    1,
    1_000,
    'Calls of authorize that one connection may have under way',
  ),
  LIMIT_REFUSALS_PER_MINUTE: whole(
    DEFAULT_LIMITS.refusalsPerMinute,
    1,
    1e6,
    'Refusals by authorize within a minute after which a connection is closed',
  ),
  REGISTER_TIMEOUT_MS: whole(
    DEFAULT_LIMITS.registerTimeoutMs,
    0,
    HOUR_MS,
    'How long a connection may follow nothing at first; 0 is no limit',
  ),
  LIMIT_PACKETS_PER_SECOND: whole(
    DEFAULT_LIMITS.packetsPerSecond,
    0,
    1e6,
    'Packets that a connection may send each second on average; 0 is no limit',
  ),
  LIMIT_EPHEMERALS_PER_SECOND: whole(
    DEFAULT_LIMITS.ephemeralsPerSecond,
    0,
    1e6,
    'Ephemeral events that a client may send on a thread each second on average; 0 is no limit',
  ),
  LIMIT_RUNS: whole(DEFAULT_LIMITS.runs, 1, 1e6, 'Replies that may wait or be produced at a time'),
  LIMIT_RUNS_PER_USER: whole(
    DEFAULT_LIMITS.runsPerUser,
    1,
    1e6,
    'Those of one user, or of one address whose user authorize does not name',
  ),
  LIMIT_PAYLOAD_BYTES: whole(
    DEFAULT_LIMITS.payloadBytes,
    1_024,
    64 * 1_024 * 1_024,
    'What one packet, or the packets of one polling request, may hold',
  ),
  LIMIT_EVENT_BODY_BYTES: whole(
    DEFAULT_MAX_EVENT_BODY_BYTES,
    1_024,
    4 * 1024 * 1024,
    'Largest body of a request that publishes an event',
  ),
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

type Variables = typeof VARIABLES;
export type VariableName = keyof Variables;
export const VARIABLE_NAMES = Object.keys(VARIABLES) as VariableName[];

/** A variable as a flag: `DATA_DIR` is `--data-dir`. */
export const flagOf = (name: VariableName): string =>
  `--${name.toLowerCase().replaceAll('_', '-')}`;

type Given = Readonly<Record<string, string | undefined>>;

export type Config = {
  readonly [Name in keyof Variables]: Variables[Name] extends Variable<infer T> ? T : never;
};

/**
 * Reads the configuration. A flag wins over the environment; an empty value counts as none.
 *
 * @param flags by the variable that each stands for
 * @throws ServerError ERR_CONFIG: one line with the variable or flag, what it was and what is allowed
 */
export function readConfig(environment: Given, flags: Given = {}): Config {
  const config = readVariables(VARIABLE_NAMES, environment, flags);
  checkDebugKey(config);
  checkIdleTimes(config);
  checkOpenAi(config);
  checkTokens(config);
  return config;
}

/**
 * The same for some of the variables, each by itself.
 *
 * @throws ServerError ERR_CONFIG
 */
export function readVariables<Name extends VariableName>(
  names: readonly Name[],
  environment: Given,
  flags: Given = {},
): Pick<Config, Name> {
  const entries = names.map((name) => {
    const variable: Variable<unknown> = VARIABLES[name];
    const given = flags[name] ?? environment[name];
    if (given === undefined || given === '') {
      return [name, name === 'MODE' ? defaultMode(environment) : variable.fallback];
    }
    const value = variable.read(given);
    if (value === undefined) {
      const shown = flags[name] === undefined ? name : flagOf(name);
      const what = variable.secret ? 'not readable' : JSON.stringify(given);
      const message = `${shown} is ${what}. Allowed: ${variable.allowed}.`;
      throw configError(message);
    }
    return [name, value];
  });
  return Object.fromEntries(entries);
}

/** A server that was started for production is not opened by a variable that was forgotten. */
const defaultMode = ({ NODE_ENV }: Given): Config['MODE'] =>
  NODE_ENV === 'production' ? 'production' : VARIABLES.MODE.fallback;

/** Whether every client on this machine, and no other, can reach the server and may do everything. */
export const isDevelopment = ({ MODE, HOST }: Pick<Config, 'MODE' | 'HOST'>): boolean =>
  MODE === 'development' && isLoopback(HOST);

/** Whether the demo page is served. */
export const servesDemo = (config: Pick<Config, 'MODE' | 'HOST' | 'DEMO'>): boolean =>
  config.DEMO === 'auto' ? isDevelopment(config) : config.DEMO === 'on';

/** Refuses a key that is short or known from the documentation. */
function checkDebugKey(config: Config): void {
  const { DEBUG_API_KEY } = config;
  if (isDevelopment(config) || DEBUG_API_KEY === '' || isStrongKey(DEBUG_API_KEY)) return;
  throw configError(
    `DEBUG_API_KEY is the default or short. Allowed outside development: ${STRONG_KEY}.`,
  );
}

/** The server must ask a session before that session expires. */
function checkIdleTimes({ IDLE_AFTER_MS, EXPIRE_AFTER_MS }: Config): void {
  if (EXPIRE_AFTER_MS > IDLE_AFTER_MS) return;
  throw configError(
    `EXPIRE_AFTER_MS is "${EXPIRE_AFTER_MS}". Allowed: more than IDLE_AFTER_MS, which is ${IDLE_AFTER_MS}.`,
  );
}

/** One policy decides; a key set is of a provider that signs tokens for other apps, too. */
function checkTokens(config: Config): void {
  const { AUTHORIZE, AUTH_JWKS_URL, AUTH_SECRET, AUTH_ISSUER, AUTH_AUDIENCE } = config;
  const policies = { AUTHORIZE, AUTH_JWKS_URL, AUTH_SECRET };
  const given = Object.entries(policies).flatMap(([name, value]) => (value === '' ? [] : [name]));
  if (given.length > 1) {
    throw configError(`${given.join(' and ')} are set. Allowed: one of them.`);
  }
  if (AUTH_SECRET !== '' && Buffer.byteLength(AUTH_SECRET) < MIN_SECRET_BYTES) {
    throw configError(`AUTH_SECRET is short. Allowed: ${VARIABLES.AUTH_SECRET.allowed}.`);
  }
  if (AUTH_JWKS_URL === '') return;
  const missing = AUTH_ISSUER === '' ? 'AUTH_ISSUER' : AUTH_AUDIENCE === '' && 'AUTH_AUDIENCE';
  if (!missing) return;
  throw configError(
    `${missing} is empty. Allowed with AUTH_JWKS_URL: what the tokens of this app say. Its provider signs others, too.`,
  );
}

const MIN_SECRET_BYTES = 32;

/** A model has a name; OpenAI itself wants a key. */
function checkOpenAi(config: Config): void {
  if (config.RESPONDER !== 'openai') return;
  const missing =
    config.OPENAI_MODEL === ''
      ? 'OPENAI_MODEL'
      : config.OPENAI_BASE_URL === '' && config.OPENAI_API_KEY === ''
        ? 'OPENAI_API_KEY'
        : undefined;
  if (missing === undefined) return;
  throw configError(
    `${missing} is empty. Allowed with RESPONDER "openai": a model, and a key unless OPENAI_BASE_URL is set.`,
  );
}
