/** Counts answers that are errors, by their code. */

import type { ServerResponse } from 'node:http';
import { cellOf, type SessionServerInternals } from '@session-monitor/server/internal';

const CODES = new WeakMap<ServerResponse, string>();

/** The answer is an error of this code. */
export const markRefused = (response: ServerResponse, code: string): void =>
  void CODES.set(response, code);

/** Counts the error of an answer, if it is one. */
export function countRefused(
  { counters }: SessionServerInternals['metrics'],
  response: ServerResponse,
): void {
  const code = CODES.get(response);
  if (code !== undefined) cellOf(counters.refusals_total.http, code).value += 1;
}
