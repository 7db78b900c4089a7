/** Asks `authorize` for an HTTP request. */

import { isDenial, ok, parseThreadId, type Result, refused } from '@session-monitor/protocol';
import type { SessionServer } from '@session-monitor/server';
import type { Action, SessionServerInternals } from '@session-monitor/server/internal';
import { type Exchange, sourceOfRequest } from './exchange.js';

export interface Wish {
  readonly action: Action;
  readonly thread_id: string;
  readonly user_id?: string | undefined;
  /** The event's name, for `publish`. */
  readonly event?: string;
}

/** Resolves with who the caller is. Traces a refusal, not an outage. */
export async function permitRequest(
  { permissions, trace }: Pick<SessionServerInternals, 'permissions' | 'trace'>,
  { action, thread_id, user_id, event }: Wish,
  { request, headers }: Pick<Exchange, 'request' | 'headers'>,
): Promise<Result<string | null>> {
  const token = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
  const permission = await permissions.ask({
    action,
    thread_id,
    ...(user_id !== undefined && { user_id }),
    ...(token !== undefined && { token }),
    ...(event !== undefined && { event }),
    auth: {},
    headers,
  });
  if (permission.granted) return ok(permission.user_id);
  const { fault, detail } = permission;
  const { code } = fault;
  if (isDenial(code)) {
    const source = sourceOfRequest(request);
    trace('access_refused', { ...source, thread_id, user_id, action, code, detail });
  }
  return refused(fault);
}

/** The thread that a request's path names, if the caller may do that to it, once the server is ready. */
export async function admitToThread(
  sessions: SessionServer,
  exchange: Pick<Exchange, 'params' | 'request' | 'headers'>,
  wish: Omit<Wish, 'thread_id'>,
): Promise<Result<string>> {
  const parsed = parseThreadId(exchange.params.thread_id);
  if (!parsed.ok) return parsed;
  await sessions.ready;
  const { value: thread_id } = parsed;
  const allowed = await permitRequest(sessions.internals, { ...wish, thread_id }, exchange);
  return allowed.ok ? ok(thread_id) : refused(allowed.fault);
}
