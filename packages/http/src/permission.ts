/** Asks `authorize` for an HTTP request. */

import { isDenial, ok, parseThreadId, type Result, refused } from '@session-monitor/protocol';
import type { SessionServer } from '@session-monitor/server';
import {
  type Action,
  type AdminPermission,
  type Caller,
  clientAddress,
  type Mark,
  narrowGrant,
  networkOfRequest,
  type Refused,
  revokedFault,
  type SessionServerInternals,
  type ThreadAction,
} from '@session-monitor/server/internal';
import { bearerOf, type Exchange, sourceOfRequest } from './exchange.js';

export interface AccessRequest {
  readonly action: ThreadAction;
  readonly thread_id: string;
  readonly user_id?: string | undefined;
  /** The event's name, for `publish`. */
  readonly event?: string;
}

/** A caller that `authorize` admits. */
export interface Admitted extends Caller {
  /** Taken before the question. */
  readonly asked: Mark;
}

/** A thread, and the caller that `authorize` admits to it. */
export interface Admission extends Admitted {
  readonly thread_id: string;
}

type Asked = Pick<
  SessionServerInternals,
  'permissions' | 'revocations' | 'trace' | 'endpoint' | 'peerTurns'
>;
type Source = Pick<Exchange, 'request'>;

/** Resolves with the caller as `authorize` names it. Traces a refusal, not an outage. */
export async function permitRequest(
  asked: Asked,
  accessRequest: AccessRequest,
  source: Source,
): Promise<Result<Admitted>> {
  const { action, thread_id, user_id, event } = accessRequest;
  const { mark } = asked.revocations;
  const permission = await asked.permissions.ask({
    action,
    thread_id,
    ...(user_id !== undefined && { user_id }),
    ...(event !== undefined && { event }),
    ...credentialsOf(source),
  });
  if (!permission.granted) return turnAway(asked, permission, accessRequest, source);
  asked.peerTurns.admitted(networkOfRequest(source.request, asked.endpoint.addresses));
  const isVoid = asked.revocations.since(mark, { user_id: permission.user_id, thread_id });
  return isVoid ? refused(revokedFault) : ok({ ...permission, asked: mark });
}

/**
 * Resolves with the owner whose threads the caller may see; undefined for all threads.
 *
 * @param user_id the owner that the caller asks for: it narrows what `authorize` grants
 */
export async function permitListing(
  asked: Asked,
  user_id: string | undefined,
  source: Source,
): Promise<Result<string | undefined>> {
  const action = 'list';
  const permission = await asked.permissions.askList({ action, ...credentialsOf(source) });
  if (!permission.granted) return turnAway(asked, permission, { action, user_id }, source);
  return narrowGrant(permission.grant, user_id);
}

/** An operator that `authorize` admits. */
export type Operator = Extract<AdminPermission, { granted: true }>;

/** Whether the caller may end what others are served. Resolves with the operator, as `authorize` names it. */
export async function permitAdministration(
  asked: Asked,
  source: Source,
): Promise<Result<Operator>> {
  const action = 'administer';
  const permission = await asked.permissions.askAdmin({ action, ...credentialsOf(source) });
  return permission.granted ? ok(permission) : turnAway(asked, permission, { action }, source);
}

function turnAway(
  { trace, endpoint }: Asked,
  { fault, detail, expired_ms }: Refused,
  accessRequest: {
    readonly action: Action;
    readonly thread_id?: string;
    readonly user_id?: string | undefined;
  },
  { request }: Source,
): Result<never> {
  const { code } = fault;
  if (isDenial(code)) {
    const { thread_id, user_id, action } = accessRequest;
    const address = clientAddress(request, endpoint.addresses);
    const source = { ...sourceOfRequest(request), address };
    trace('access_refused', { ...source, thread_id, user_id, action, code, detail, expired_ms });
  }
  return refused(fault);
}

function credentialsOf({ request: { headers } }: Source) {
  const token = bearerOf(headers);
  return { ...(token !== undefined && { token }), auth: {}, headers };
}

/** The thread that a request's path names, if the caller may do that to it, once the server is ready. */
export async function admitToThread(
  sessions: SessionServer,
  exchange: Pick<Exchange, 'params' | 'request'>,
  accessRequest: Omit<AccessRequest, 'thread_id'>,
): Promise<Result<Admission>> {
  const parsed = parseThreadId(exchange.params.thread_id);
  if (!parsed.ok) return parsed;
  await sessions.ready;
  const { value: thread_id } = parsed;
  const allowed = await permitRequest(
    sessions.internals,
    { ...accessRequest, thread_id },
    exchange,
  );
  return allowed.ok ? ok({ ...allowed.value, thread_id }) : allowed;
}
