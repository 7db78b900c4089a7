/**
 * The trace: one structured line for each step in the life of a connection, a session and a run. The message is
 * `[SESSION_TRACE] step`. All outside input stands in the fields, which the logger encodes as JSON, so that no input
 * can forge a line.
 */

import {
  DETAIL_STEPS,
  type StepFields,
  type TraceFields,
  type TraceStep,
  type TraceValue,
} from './trace-steps.js';

/** The logger that the server needs; pino is one. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  /** Whether a level is enabled. The trace does not compose lines of a disabled level. */
  isLevelEnabled?(level: 'debug'): boolean;
}

/** Frequent steps, logged at level debug. */
const QUIET: ReadonlySet<TraceStep> = new Set<TraceStep>([...DETAIL_STEPS, 'sample']);

export type Trace = <Step extends TraceStep>(step: Step, fields: StepFields<Step>) => void;

/** What keeps the trace beside the log. */
export interface TraceKeeper {
  /** Whether it keeps such a line. Asked before a line is composed. */
  wants(step: TraceStep, fields: TraceFields): boolean;
  /** @param fields those of the line, among them its step */
  keep(step: TraceStep, fields: TraceFields): void;
}

export interface TraceOptions {
  /** Whether the field `address` is written. Default true. */
  readonly addresses?: boolean;
  readonly keeper?: TraceKeeper;
}

export function createTrace(
  logger: Logger,
  { addresses = true, keeper }: TraceOptions = {},
): Trace {
  return (step, fields) => {
    const level = QUIET.has(step) ? 'debug' : 'info';
    const isLogged = level === 'info' || logger.isLevelEnabled?.(level) !== false;
    const isKept = keeper?.wants(step, fields) === true;
    if (!isLogged && !isKept) return;
    const line = harmless(step, fields);
    if (!addresses) delete line.address;
    if (isKept) keeper.keep(step, line);
    if (isLogged) logger[level](line, `[SESSION_TRACE] ${step}`);
  };
}

/**
 * Characters that JSON leaves as they are and a terminal interprets: further line ends, C1 controls (a terminal takes
 * U+009B for the start of a command), and marks that reorder the displayed text.
 */
const TREACHEROUS = /[\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
const ALL_TREACHEROUS = new RegExp(TREACHEROUS, 'g');

function harmless(step: TraceStep, fields: TraceFields): Record<string, TraceValue> {
  const line: Record<string, TraceValue> = { step };
  for (const [name, value] of Object.entries(fields)) {
    line[name] = typeof value === 'string' ? harmlessText(value) : value;
  }
  return line;
}

/** The text without characters that a terminal interprets. */
export const harmlessText = (text: string): string =>
  TREACHEROUS.test(text) ? text.replace(ALL_TREACHEROUS, escaped) : text;

/** The same for a text of JSON, whose values have the escapes as they are shown. */
export const harmlessJson = (json: string): string =>
  json.replace(ALL_TREACHEROUS, (character) => `\\${escaped(character)}`);

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
