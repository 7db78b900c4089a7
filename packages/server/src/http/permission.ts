/** Asks `authorize` for an HTTP request. */

import type { IncomingHttpHeaders } from 'node:http';
import { ok, type Result, refused } from '@session-monitor/protocol';
import { type Action, permit } from '../authorize.js';
import type { SessionServerInternals } from '../session-server.js';

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
