/** From what a reader says to the fault that the sender gets. */

import { type FaultCode, fault, ok, type Result, refused } from '../faults.js';
import { Mismatch, type Reader } from './shape.js';

export function parseWith<T>(reader: Reader<T>, value: unknown): Result<T> {
  const read = reader(value, '');
  if (!(read instanceof Mismatch)) return ok(read);
  const { path, expected, got } = read;
  const code: FaultCode = path === 'thread_id' ? 'bad_thread_id' : 'bad_request';
  const what = path === '' ? 'The payload' : `'${path}'`;
  const field = path === '' ? {} : { field: path };
  return refused(fault(code, `${what} must be ${expected}, got ${got}.`, field));
}
