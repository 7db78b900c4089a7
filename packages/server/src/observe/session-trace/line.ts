/** A line of the session trace: a step as it is kept, and back. Pure. */

import { harmlessText } from '../trace.js';
import type { TraceFields, TraceValue } from '../trace-steps.js';

/** One step of a process, with the fields of `TRACE_STEPS` beside these. Times are milliseconds since 1970. */
export interface TraceLine {
  /** By the clock of its node. */
  readonly time: number;
  /** Counts the lines of a process: 1, 2, 3 … A hole shows that lines were not kept. */
  readonly seq: number;
  readonly node: string;
  /** When the process started: another one shows a restart. */
  readonly started_at: number;
  readonly step: string;
  readonly [field: string]: TraceValue;
}

/** The most of a text that is kept, in UTF-16 units: the longest user id of a client, and most reasons. */
const MAX_TEXT = 256;
/** Marks a text that was cut. */
const CUT = '…';
/** All fields at their longest, each unit as an escape of six bytes. Longer lines are not ours. */
export const MAX_LINE_BYTES = 32 * 1024;

const STEP = /^\w{1,40}$/;

const keptText = (text: string): string =>
  text.length > MAX_TEXT ? text.slice(0, MAX_TEXT) + CUT : text;

/** A text that comes from a request, as lines have it. */
export const comparedText = (text: string): string => keptText(harmlessText(text));

/** The steps of one process as lines. */
export class LineWriter {
  readonly node: string;
  readonly startedAt: number;
  #seq = 0;

  constructor(node: string, startedAt: number) {
    this.node = node;
    this.startedAt = startedAt;
  }

  /** The next line, with its end. */
  write(time: number, step: string, fields: TraceFields): string {
    this.#seq += 1;
    const { node, startedAt: started_at } = this;
    const line: Record<string, TraceValue> = { time, seq: this.#seq, node, started_at, step };
    for (const [name, value] of Object.entries(fields)) {
      line[name] = typeof value === 'string' ? keptText(value) : value;
    }
    return `${JSON.stringify(line)}\n`;
  }
}

/** Reads a line; undefined for what is none: torn, foreign, erased. */
export function readLine(text: string): TraceLine | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const line = value as Readonly<Record<string, unknown>>;
  const { time, seq, node, started_at, step } = line;
  const isOurs =
    [time, seq, started_at].every(isCount) &&
    typeof node === 'string' &&
    typeof step === 'string' &&
    STEP.test(step) &&
    Object.values(line).every(isPlain);
  return isOurs ? (line as TraceLine) : undefined;
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;

const isPlain = (value: unknown): boolean => typeof value !== 'object' || value === null;
