/** Reads a trace from a file: the JSON of an export, or the lines of JSON that the server also answers. */

import type { Trace, TraceLine } from './trace.js';

/** A file is read as a whole: more would fill the memory of the page. An export has some megabytes. */
export const MAX_FILE_BYTES = 64 * 1024 * 1024;

export type FileResult =
  | { readonly ok: true; readonly trace: Trace }
  /** Why it is refused, and what to do. */
  | { readonly ok: false; readonly reason: string };

const refused = (reason: string): FileResult => ({ ok: false, reason });

const TORN = 'This file ends in the middle. It was cut short: export it again, or copy it again.';
const FOREIGN =
  'This file is no session trace. Open what the dashboard exports, or an answer of /debug/sessions/…/trace.';

export const tooLarge = (size: number): string =>
  `This file has ${Math.round(size / 1_000_000)} MB. The page reads up to ${Math.round(MAX_FILE_BYTES / 1_000_000)} MB: export fewer lines.`;

export function readTraceFile(text: string): FileResult {
  const whole = parsed(text);
  if (isTrace(whole)) return { ok: true, trace: whole };
  if (isObject(whole) && 'lines' in whole) return refused(FOREIGN);
  if (whole !== undefined) return readLines(text);
  const looksLikeOurs = /^\s*\{\s*"node"\s*:/.test(text);
  if (!looksLikeOurs) return refused(FOREIGN);
  const [head = ''] = text.split('\n', 1);
  return parsed(head) === undefined ? refused(TORN) : readLines(text);
}

/** One line with all but the lines of the trace, then those. */
function readLines(text: string): FileResult {
  const [first = '', ...rest] = text.split('\n').filter((line) => line.trim() !== '');
  const head = parsed(first);
  if (!isHead(head)) return refused(FOREIGN);
  const lines = rest.map(parsed);
  if (lines.at(-1) === undefined && lines.length > 0) return refused(TORN);
  return lines.every(isLine) ? { ok: true, trace: { ...head, lines } } : refused(FOREIGN);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isHead = (value: unknown): value is Omit<Trace, 'lines'> =>
  isObject(value) &&
  typeof value.node === 'string' &&
  typeof value.time === 'number' &&
  Array.isArray(value.nodes) &&
  value.nodes.every((each) => isObject(each) && typeof each.clock_offset_ms === 'number') &&
  Array.isArray(value.missing) &&
  isReport(value.client);

const isReport = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  (isObject(value) &&
    typeof value.node === 'string' &&
    typeof value.received_at === 'number' &&
    (value.note === null || typeof value.note === 'string') &&
    isObject(value.diagnostics));

const isLine = (value: unknown): value is TraceLine =>
  isObject(value) &&
  typeof value.time === 'number' &&
  Number.isFinite(value.time) &&
  typeof value.node === 'string' &&
  typeof value.step === 'string' &&
  Object.values(value).every((field) => !isObject(field) && !Array.isArray(field));

const isTrace = (value: unknown): value is Trace =>
  isHead(value) && 'lines' in value && Array.isArray(value.lines) && value.lines.every(isLine);
