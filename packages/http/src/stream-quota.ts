/** Counts the streams that a user begins, and those that it has open. */

import type { Fault } from '@session-monitor/protocol';
import type { Caller, SessionServerInternals } from '@session-monitor/server/internal';
import type { Exchange } from './exchange.js';

/** Returns the refusal of one too many; else it counts as open until its response is closed. */
export function beginStream(
  quotas: SessionServerInternals['quotas'],
  { request, response }: Pick<Exchange, 'request' | 'response'>,
  { owner }: Caller,
): Fault | undefined {
  const spender = quotas.spenderOf(owner, request);
  const refusal = quotas.take('resumesPerMinute', spender);
  if (refusal) return refusal;
  const opened = quotas.openStream(spender);
  if (typeof opened !== 'function') return opened;
  if (response.closed) opened();
  else response.once('close', opened);
  return undefined;
}
