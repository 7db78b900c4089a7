/** Asks `authorize` for an HTTP request. */

import type { IncomingHttpHeaders } from 'node:http';
import { ok, parseThreadId, type Result, refused } from '@session-monitor/protocol';
import type { SessionServer } from '@session-monitor/server';
import { type Action, permit, type SessionServerInternals } from '@session-monitor/server/internal';
import type { Exchange } from './exchange.js';

export interface Wish {
  readonly action: Action;
  readonly thread_id: string;
  readonly user_id?: string | undefined;
  /** The event's name, for `publish`. */
  readonly event?: string;
}

/** Resolves with who the caller is. */
export async function permitRequest(
  { authorize, logger }: Pick<SessionServerInternals, 'authorize' | 'logger'>,
  { action, thread_id, user_id, event }: Wish,
  headers: IncomingHttpHeaders,
): Promise<Result<string | null>> {
  const token = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
  const permission = await permit(
    authorize,
    {
      action,
      thread_id,
      ...(user_id !== undefined && { user_id }),
      ...(token !== undefined && { token }),
      ...(event !== undefined && { event }),
      auth: {},
      headers,
    },
    (err) => logger.error({ err, action }, 'authorize failed'),
  );
  return permission.granted ? ok(permission.user_id) : refused(permission.fault);
}

/** The thread that a request's path names, if the caller may do that to it, once the server is ready. */
export async function admitToThread(
  sessions: SessionServer,
  { params, headers }: Pick<Exchange, 'params' | 'headers'>,
  wish: Omit<Wish, 'thread_id'>,
): Promise<Result<string>> {
  const parsed = parseThreadId(params.thread_id);
  if (!parsed.ok) return parsed;
  await sessions.ready;
  const { value: thread_id } = parsed;
  const allowed = await permitRequest(sessions.internals, { ...wish, thread_id }, headers);
  return allowed.ok ? ok(thread_id) : refused(allowed.fault);
}
