/** What `session-monitor serve --help` prints: the settings that most servers need first, then the rest by subject. */

import { flagOf, VARIABLES, type VariableName } from './variables.js';

/** Every setting, once. */
export const GROUPS: Readonly<Record<string, readonly VariableName[]>> = {
  'What most servers set': ['PORT', 'DATA_DIR', 'MODE', 'AUTHORIZE', 'ORIGINS', 'RESPONDER'],
  'JSON Web Tokens in place of AUTHORIZE': [
    'AUTH_JWKS_URL',
    'AUTH_SECRET',
    'AUTH_ISSUER',
    'AUTH_AUDIENCE',
    'AUTH_USER_CLAIM',
    'AUTH_THREADS',
  ],
  Network: [
    'HOST',
    'ALLOWED_HOSTS',
    'TRUST_PROXY',
    'TRANSPORTS',
    'PING_INTERVAL_MS',
    'FRAME_WINDOW_MS',
  ],
  'The language model, with --responder openai': [
    'OPENAI_BASE_URL',
    'OPENAI_API_KEY',
    'OPENAI_MODEL',
    'OPENAI_HISTORY_TOKENS',
  ],
  'More than one server': [
    'REDIS_URL',
    'REDIS_PREFIX',
    'REDIS_REPLICAS',
    'REDIS_WAIT_MS',
    'REDIS_WAIVE',
    'NODE_NAME',
  ],
  'What is kept': [
    'RETENTION_AGE_MS',
    'RETENTION_BYTES',
    'RETENTION_EVENTS',
    'COMPACTION',
    'DISK_RESERVE_BYTES',
  ],
  Sessions: ['SESSION_TTL_MS', 'IDLE_AFTER_MS', 'EXPIRE_AFTER_MS', 'SWEEP_INTERVAL_MS'],
  Limits: [
    'AUTHORIZE_TIMEOUT_MS',
    'LIMIT_HANDSHAKES_PER_SECOND',
    'LIMIT_UNREGISTERED',
    'LIMIT_CONNECTIONS',
    'LIMIT_LOOP_DELAY_MS',
    'LIMIT_MEMORY_PERCENT',
    'LIMIT_AUTHORIZE_CALLS',
    'LIMIT_REFUSALS_PER_MINUTE',
    'REGISTER_TIMEOUT_MS',
    'LIMIT_PACKETS_PER_SECOND',
    'LIMIT_REGISTRATIONS_PER_SECOND',
    'LIMIT_SESSIONS_PER_USER',
    'LIMIT_RESUMES_PER_MINUTE',
    'LIMIT_EVENTS_PER_SECOND',
    'LIMIT_EVENT_BYTES_PER_SECOND',
    'LIMIT_STREAMS_PER_USER',
    'LIMIT_REPORTS_PER_MINUTE',
    'LIMIT_LINES_PER_SECOND',
    'LIMIT_EPHEMERALS_PER_SECOND',
    'LIMIT_RUNS',
    'LIMIT_RUNS_PER_USER',
    'CATCH_UP_MS',
    'LIMIT_REQUESTS_PER_CONNECTION',
    'STREAM_TIMEOUT_MS',
    'LIMIT_PAYLOAD_BYTES',
    'LIMIT_EVENT_BODY_BYTES',
  ],
  Replies: ['RUNS_PER_THREAD', 'RUN_WAIT_MS', 'RUN_STALL_MS', 'RUN_ORPHAN_MS', 'RUN_LEASE_MS'],
  Stopping: ['DRAIN_MS', 'RECONNECTS_PER_SECOND'],
  'The log, the session trace, /debug, /metrics and the demo': [
    'LOG_LEVEL',
    'LOG_ADDRESSES',
    'TRACE',
    'TRACE_DIR',
    'TRACE_MB',
    'TRACE_HOURS',
    'DEBUG_API_KEY',
    'DEBUG_KEY_IN_URL',
    'DEBUG_PAYLOADS',
    'METRICS_KEY',
    'DASHBOARD',
    'DASHBOARD_ACTIONS',
    'DEMO',
    'DEMO_WORDS',
    'DEMO_PARTS_PER_SECOND',
  ],
};

const describeGroups = (): string =>
  Object.entries(GROUPS)
    .map(([title, names]) => `${title}:\n\n${names.map(describeVariable).join('\n')}`)
    .join('\n\n');

function describeVariable(name: VariableName): string {
  const { help, allowed, fallback } = VARIABLES[name];
  const shown = String(fallback) === '' ? 'none' : String(fallback);
  const line = `${allowed}; default ${shown}`;
  return `  ${name}  ${flagOf(name)}\n      ${help}.\n      ${withUnits(name, line)}`;
}

/** Says what large numbers of milliseconds and bytes are. */
function withUnits(name: VariableName, line: string): string {
  if (name.endsWith('_MS')) return line.replaceAll(/\d{4,}/g, (ms) => `${ms} (${durationOf(ms)})`);
  if (name.endsWith('_BYTES')) {
    return line.replace(/default (\d{4,})/, (all, bytes) => `${all} (${sizeOf(Number(bytes))})`);
  }
  return line;
}

const sizeOf = (bytes: number): string =>
  bytes < 2 ** 20 ? `${bytes / 2 ** 10} KiB` : `${bytes / 2 ** 20} MiB`;

/** The largest unit of which it is a whole number. */
function durationOf(ms: string): string {
  const [size = 1, unit] = UNITS.find(([each]) => Number(ms) % each === 0) ?? [];
  return `${Number(ms) / size} ${unit}`;
}

const UNITS = [
  [86_400_000, 'days'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
  [1, 'ms'],
] as const;

export const HELP = `Usage: session-monitor serve [FLAG VALUE …]

Serves Session Monitor with the embedded store. Stop it with Ctrl-C.

    npx session-monitor serve --port 5002 --data-dir ./elsewhere

Each setting is an environment variable and a flag; the flag wins.

${describeGroups()}

  --check
      Says whether the server would start with these settings, and which of them are not safe; starts nothing. Exit codes: 0 it
      would, 2 it would not.

  --json
      With --check: the same as one line of JSON, { starts, findings: [{ level, text }] }.

  -h  --help
      This text.
`;
