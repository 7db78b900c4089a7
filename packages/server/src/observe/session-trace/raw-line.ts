/**
 * Fields of a line as it stands in a file, without parsing it: a question passes over a million lines for a few of them.
 * The text is latin1, one character for each byte. A quote within a value is escaped, so that `"name":"` is never part of
 * a value. Pure.
 */

import { readLine, type TraceLine } from './line.js';

/** The beginning of a text field. */
export const keyOf = (name: string): string => `"${name}":"`;

export const KEYS = {
  session_id: keyOf('session_id'),
  thread_id: keyOf('thread_id'),
  connection: keyOf('connection'),
  run_id: keyOf('run_id'),
  step: keyOf('step'),
  of: keyOf('of'),
} as const;

const TIME = '{"time":';

/** The value of a field that holds an id: no escapes, no other characters than ASCII. */
export function idIn(raw: string, key: string): string | undefined {
  const at = raw.indexOf(key);
  if (at < 0) return undefined;
  const begin = at + key.length;
  const end = raw.indexOf('"', begin);
  return end < 0 ? undefined : raw.slice(begin, end);
}

/** In milliseconds since 1970; NaN for what is no line. */
export const timeIn = (raw: string): number =>
  raw.startsWith(TIME) ? Number.parseInt(raw.slice(TIME.length), 10) : Number.NaN;

/** What stays of an erased thread: that it was erased, and what operators did. They would else remove their own trail. */
const STAYING: readonly (string | undefined)[] = ['erase', 'operated'];

/** Whether a line is of a thread, from before its erasure, and not one that stays. */
export const isErased = (
  raw: string,
  erasedAt: (thread_id: string) => number | undefined,
): boolean => {
  const thread_id = idIn(raw, KEYS.thread_id);
  const at = thread_id === undefined ? undefined : erasedAt(thread_id);
  return at !== undefined && timeIn(raw) <= at && !STAYING.includes(idIn(raw, KEYS.step));
};

/** The line itself; undefined for what is none. */
export const parseRaw = (raw: string): TraceLine | undefined =>
  readLine(Buffer.from(raw, 'latin1').toString('utf8'));

/** A text as it stands in a raw line. */
export const toRaw = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

/**
 * Calls `visit` with each line of a text from the last to the first, and with its place in the text. Ends when `visit`
 * returns false. Returns whether it got to the first line.
 */
export function visitLines(text: string, visit: (raw: string, at: number) => boolean): boolean {
  for (let end = text.length; end >= 0; ) {
    const begin = end === 0 ? 0 : text.lastIndexOf('\n', end - 1) + 1;
    if (end > begin && !visit(text.slice(begin, end), begin)) return false;
    end = begin - 1;
  }
  return true;
}
