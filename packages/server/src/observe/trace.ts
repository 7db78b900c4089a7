/**
 * The trace: one structured line for each step in the life of a connection, a session and a run. The
 * message is `[SESSION_TRACE] step`; everything that came from outside stands in the fields, which
 * the logger encodes as JSON, so that no input can forge a line.
 */

/** What we want of a logger; pino has it. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export type TraceStep =
  | 'connect'
  | 'upgrade'
  | 'disconnect'
  | 'register'
  | 'register_refused'
  | 'resume'
  | 'ping'
  | 'taken_over'
  | 'gap'
  | 'reset'
  | 'expire'
  | 'forget'
  | 'bad_input'
  | 'overflow'
  | 'trim'
  | 'run_started'
  | 'run_finished'
  | 'drain';

/** Ids and counts, never payloads. */
export type TraceFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Steps that happen all the time. */
const QUIET: ReadonlySet<TraceStep> = new Set<TraceStep>(['ping', 'trim']);

export type Trace = (step: TraceStep, fields: TraceFields) => void;

export function createTrace(logger: Logger): Trace {
  return (step, fields) => {
    const level = QUIET.has(step) ? 'debug' : 'info';
    logger[level]({ step, ...fields }, `[SESSION_TRACE] ${step}`);
  };
}

export const silentLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
};
