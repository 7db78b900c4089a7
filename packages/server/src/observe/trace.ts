/**
 * The trace: one structured line for each step in the life of a connection, a session and a run. The message is
 * `[SESSION_TRACE] step`. All outside input stands in the fields, which the logger encodes as JSON, so that no input
 * can forge a line.
 */

/** The logger that the server needs; pino is one. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  /** Whether a level is enabled. The trace does not compose lines of a disabled level. */
  isLevelEnabled?(level: 'debug'): boolean;
}

export type TraceStep =
  | 'connect'
  | 'upgrade'
  | 'upgrade_failed'
  | 'disconnect'
  | 'register'
  | 'register_refused'
  /** Any other refusal by `authorize`, on a socket or over HTTP, and a wrong key of the debug routes. */
  | 'access_refused'
  | 'resume'
  | 'ping'
  | 'idle'
  | 'revoked'
  | 'system_ping'
  | 'system_ping_response'
  | 'taken_over'
  | 'fork'
  | 'gap'
  | 'reset'
  | 'expire'
  | 'forget'
  | 'bad_input'
  | 'overflow'
  /** A limit of `limits.ts` was hit. */
  | 'limit'
  | 'trim'
  | 'erase'
  | 'run_started'
  | 'run_finished'
  | 'drain'
  | 'node_lost';

/** Ids and counts, never payloads. */
export type TraceFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Frequent steps, logged at level debug. */
const QUIET: ReadonlySet<TraceStep> = new Set<TraceStep>(['ping', 'trim']);

export type Trace = (step: TraceStep, fields: TraceFields) => void;

export interface TraceOptions {
  /** Whether the field `address` is written. Default true. */
  readonly addresses?: boolean;
}

export function createTrace(logger: Logger, { addresses = true }: TraceOptions = {}): Trace {
  return (step, fields) => {
    const level = QUIET.has(step) ? 'debug' : 'info';
    if (level === 'debug' && logger.isLevelEnabled?.(level) === false) return;
    const line = harmlessLine(step, fields);
    if (!addresses) delete line.address;
    logger[level](line, `[SESSION_TRACE] ${step}`);
  };
}

/**
 * Characters that JSON leaves as they are and a terminal interprets: further line ends, C1 controls (a terminal takes
 * U+009B for the start of a command), and marks that reorder the displayed text.
 */
const TREACHEROUS = /[\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
const ALL_TREACHEROUS = new RegExp(TREACHEROUS, 'g');

function harmlessLine(step: TraceStep, fields: TraceFields): Record<string, TraceFields[string]> {
  const line: Record<string, TraceFields[string]> = { step };
  for (const [name, value] of Object.entries(fields)) {
    const isHarmless = typeof value !== 'string' || !TREACHEROUS.test(value);
    line[name] = isHarmless ? value : value.replace(ALL_TREACHEROUS, escaped);
  }
  return line;
}

const escaped = (character: string): string =>
  `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;

export const silentLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
};

const consoleLine = (fields: object, message: string): string =>
  `[session-monitor] ${message} ${JSON.stringify(fields, writeError)}`;

/** JSON omits an error's fields. */
const writeError = (_name: string, value: unknown): unknown =>
  value instanceof Error ? { name: value.name, message: value.message, stack: value.stack } : value;

/** The default logger: writes warnings and errors to the console, so that none is lost in silence. */
export const consoleLogger: Logger = {
  ...silentLogger,
  isLevelEnabled: () => false,
  warn: (fields, message) => console.warn(consoleLine(fields, message)),
  error: (fields, message) => console.error(consoleLine(fields, message)),
};
