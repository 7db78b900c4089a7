/** Turns a reader's error into the fault that the sender gets. */

import { type FaultCode, fault, ok, type Result, refused } from '../faults.js';
import { isRecord, ParseError, type Parser } from './shape.js';

export function parseWith<T>(parser: Parser<T>, value: unknown): Result<T> {
  const parsed = parser(value, '');
  if (!(parsed instanceof ParseError)) return ok(parsed);
  const { path, expected, got } = parsed;
  const code: FaultCode = path === 'thread_id' ? 'bad_thread_id' : 'bad_request';
  const what = path === '' ? 'The payload' : `'${path}'`;
  const field = path === '' ? {} : { field: path };
  return refused(fault(code, `${what} must be ${expected}, got ${describe(got)}.`, field));
}

/** Names a value's kind without its contents: untrusted input does not belong in an error. */
function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return isRecord(value) ? 'an object' : 'binary data';
  if (typeof value === 'string') return value === '' ? 'an empty string' : 'a string';
  return `a ${typeof value}`;
}
