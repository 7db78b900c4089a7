/** Posts to the session server and reads the answer, which may also come from a proxy. */

import { type Fault, type FaultCode, fault } from '@session-monitor/protocol';
import type { OutboxMessage, PostOutcome } from '../core/outbox.js';
import type { Fetch } from '../platform/environment.js';

export interface Caller {
  readonly fetch: Fetch;
  /** Where the server's routes are, without a slash at the end. */
  readonly url: string;
  /** For `authorize`; null for none. */
  readonly token: string | null;
  readonly signal: AbortSignal;
}

/** Posts a message whose reply comes with the thread's events. Never rejects. */
export async function postMessage(
  { fetch, url, token, signal }: Caller,
  { thread_id, user_input, message_id, policy }: OutboxMessage,
  user_id: string | null,
): Promise<PostOutcome> {
  const body = {
    thread_id,
    user_input,
    message_id,
    use_websocket: true,
    ...(policy && { policy }),
    ...(user_id !== null && { user_id }),
  };
  try {
    const response = await fetch(`${url}/havefun`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...bearer(token) },
      body: JSON.stringify(body),
      signal,
    });
    if (!response.ok) return await refusal(response);
    const run_id = response.headers.get('x-run-id');
    // The reply comes by the socket; the run goes on without this stream.
    response.body?.cancel().catch(() => {});
    return { kind: 'accepted', run_id };
  } catch {
    return { kind: 'unanswered' };
  }
}

export type CancelOutcome = 'cancelled' | 'ended' | 'unanswered' | Fault;

/** Cancels a run. Never rejects. */
export async function postCancel(
  { fetch, url, token, signal }: Caller,
  thread_id: string,
  run_id: string,
): Promise<CancelOutcome> {
  const path = `/threads/${encodeURIComponent(thread_id)}/runs/${encodeURIComponent(run_id)}/cancel`;
  try {
    const response = await fetch(url + path, { method: 'POST', headers: bearer(token), signal });
    if (response.ok) return 'cancelled';
    // It has ended before, or is not known any more.
    if (response.status === 409 || response.status === 404) return 'ended';
    const refused = await refusal(response);
    return refused.kind === 'refused' ? refused.fault : 'unanswered';
  } catch {
    return 'unanswered';
  }
}

export const bearer = (token: string | null): Record<string, string> =>
  token === null ? {} : { authorization: `Bearer ${token}` };

/** Refused for good, or to try again. */
async function refusal(
  response: Response,
): Promise<Extract<PostOutcome, { kind: 'refused' | 'unanswered' }>> {
  const refused = await faultOf(response);
  const { retry_after_ms } = refused;
  if (!isTrouble(response.status)) return { kind: 'refused', fault: refused };
  return { kind: 'unanswered', ...(retry_after_ms !== undefined && { retry_after_ms }) };
}

/** The fault that a refusal holds, or that its status stands for. */
export async function faultOf(response: Response): Promise<Fault> {
  const { status } = response;
  const { code, message } = (await errorOf(response)) ?? {
    code: codeOfStatus(status),
    message: `The answer was ${status}.`,
  };
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  const waits = Number.isFinite(seconds);
  return {
    ...fault(code as FaultCode, message),
    // The network was too slow this time.
    ...(status === 408 && { retryable: true }),
    ...(waits && { retry_after_ms: Math.min(seconds, MAX_RETRY_S) * 1_000 }),
  };
}

function codeOfStatus(status: number): FaultCode {
  if (status === 401) return 'unauthenticated';
  if (status === 403) return 'authorisation';
  return isTrouble(status) ? 'unavailable' : 'bad_request';
}

/** Too many, or a server (or a proxy before it) in trouble. */
const isTrouble = (status: number): boolean => status === 429 || status === 408 || status >= 500;

/** The longest `retry-after` that the client obeys. */
const MAX_RETRY_S = 300;

async function errorOf(response: Response): Promise<{ code: string; message: string } | undefined> {
  try {
    const { error } = (await response.json()) as { error?: { code?: unknown; message?: unknown } };
    return typeof error?.code === 'string' && typeof error.message === 'string'
      ? { code: error.code, message: error.message }
      : undefined;
  } catch {
    return undefined;
  }
}
