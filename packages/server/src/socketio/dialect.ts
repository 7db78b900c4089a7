/** What the handlers of both dialects share. */

import { type Fault, isDenial, ok, type Result, refused } from '@session-monitor/protocol';
import type { Caller, ThreadAction } from '../access/authorize.js';
import { networkOf } from '../access/client-address.js';
import type { PermissionCheck } from '../access/permission-check.js';
import { type Mark, type Revocations, revokedFault } from '../access/revocations.js';
import type { Quotas, RateName, Spender } from '../quotas/quotas.js';
import type { ServerDeps } from '../server-deps.js';
import type { KeyedMutex } from '../sessions/keyed-mutex.js';
import type { Registry } from '../sessions/registry.js';
import { nameOf, type Session } from '../sessions/session.js';
import type { PeerTurns } from '../util/peer-turns.js';
import type { Rate } from '../util/token-bucket.js';
import type { UnderWay } from '../util/under-way.js';
import type { Asking } from './asking.js';
import type { Connection } from './connection.js';

export interface DialectDeps
  extends Pick<ServerDeps, 'clock' | 'store' | 'trace' | 'tracing' | 'hits' | 'metrics'> {
  readonly registry: Registry;
  readonly permissions: PermissionCheck;
  /** What connections ask of `authorize`. */
  readonly asking: Asking;
  readonly revocations: Revocations;
  /** What users may do. */
  readonly quotas: Quotas;
  /** The fault that refuses requests at the moment; undefined while there is none. */
  readonly closedFor: () => Fault | undefined;
  /** Resolves when the server is ready to register sessions. */
  readonly ready: Promise<void>;
  /** The events that connections send to their threads. */
  readonly sends: UnderWay<Connection>;
  /** The ephemeral events that sessions send. */
  readonly ephemerals: Rate<Session>;
  /** Whose turn it is, among what peers ask of the event loop. */
  readonly peerTurns: PeerTurns;
  /** Keeps the events of one session in order while `authorize` decides. */
  readonly sendOrder: KeyedMutex;
}

/** A handler's answer; `after` runs once the answer is on its way. */
export interface Answer {
  readonly payload?: object;
  after?(): void;
}

/** Parses and handles one event of a dialect. */
export interface Handler<Message = unknown> {
  readonly parse: (payload: unknown) => Result<Message>;
  /** Refuses a message that comes without an acknowledgement function. */
  readonly needsAck?: boolean;
  /** A fault goes out as the `error` event even if there is an acknowledgement: v1 peers look there. */
  readonly announcesFaults?: boolean;
  handle(
    message: Message,
    connection: Connection,
    deps: DialectDeps,
  ): Result<Answer> | undefined | Promise<Result<Answer>>;
}

/** The identity that a caller claims, and its proof. */
export interface Claim {
  readonly thread_id: string;
  readonly user_id?: string | undefined;
  readonly session_id?: string | undefined;
  readonly token?: string | undefined;
  /** The event's name, for `publish`. */
  readonly event?: string | undefined;
}

/** A caller that `authorize` admits. */
export interface Admitted extends Caller {
  /** Taken before the question. */
  readonly asked: Mark;
}

/** What a registration costs the event loop at least, in milliseconds. */
const REGISTRATION_MS = 0.6;

/** Asks whether the caller may register now, when it is its turn. Traces a refusal. */
export async function admit(
  deps: DialectDeps,
  connection: Connection,
  claim: Claim,
): Promise<Result<Admitted>> {
  await deps.ready;
  await deps.peerTurns.turn(networkOf(connection.address), REGISTRATION_MS);
  const allowed = await ask(deps, connection, 'register', claim);
  // After `authorize`, which may have taken long.
  const refusal =
    deps.closedFor() ??
    (allowed.ok ? count(deps, connection, allowed.value, 'registrationsPerSecond') : undefined);
  if (!refusal) return allowed;
  if (allowed.ok) traceRefusal(deps, connection, claim, refused(refusal));
  return refused(refusal);
}

/** Whom what a caller does on a connection is counted for. */
export const spenderOf = (
  { quotas }: DialectDeps,
  { socket }: Connection,
  { owner }: Caller,
): Spender | undefined => quotas.spenderOf(owner, socket.request);

/** Counts an action of an admitted caller. Returns the refusal if it is one too many. */
export const count = (
  deps: DialectDeps,
  connection: Connection,
  caller: Caller,
  rate: RateName,
): Fault | undefined => deps.quotas.take(rate, spenderOf(deps, connection, caller));

/** Traces a registration that the server itself refuses. */
export function traceRefusal(
  { trace }: DialectDeps,
  connection: Connection,
  claim: Claim,
  registered: Result<unknown>,
): void {
  if (registered.ok) return;
  const { code } = registered.fault;
  trace('register_refused', { ...whoAsks(connection, claim), code });
}

/**
 * Asks `authorize`; resolves with the caller as it answers. Traces a refusal, not an outage. Refuses a connection that asks
 * for too much.
 */
export async function ask(
  { permissions, asking, revocations, trace }: DialectDeps,
  connection: Connection,
  action: ThreadAction,
  claim: Claim,
): Promise<Result<Admitted>> {
  const { thread_id, user_id, token, event } = claim;
  const { headers, auth } = connection.socket.handshake;
  const request = {
    action,
    thread_id,
    ...(user_id !== undefined && { user_id }),
    ...(token !== undefined && { token }),
    ...(event !== undefined && { event }),
    auth: auth as Record<string, unknown>,
    headers,
  };
  const asked = revocations.mark;
  const permission = await asking.ask(connection, token, () => permissions.ask(request));
  if (permission.granted) {
    const { user_id } = permission;
    const isVoid = revocations.since(asked, { user_id, thread_id });
    return isVoid ? refused(revokedFault) : ok({ ...permission, asked });
  }
  const { fault: reason, detail, expired_ms } = permission;
  if (isDenial(reason.code)) {
    const step = action === 'register' ? 'register_refused' : 'access_refused';
    const { code } = reason;
    trace(step, { ...whoAsks(connection, claim), action, code, detail, expired_ms });
  }
  return refused(reason);
}

/** The caller's claimed identity, and its address. */
const whoAsks = ({ id, address }: Connection, { session_id, thread_id, user_id }: Claim) => ({
  connection: id,
  session_id,
  thread_id,
  user_id,
  address,
});

/**
 * A session that was just granted: it ends with its grant. Refuses if its rights were revoked while it was granted; the
 * session has ended then.
 */
export function settle<T>(
  { registry, revocations, peerTurns }: DialectDeps,
  connection: Connection,
  session: Session | undefined,
  { expires_at, asked }: Admitted,
  granted: T,
): Result<T> {
  // The connection may have gone meanwhile, and the session with it.
  if (!session) return ok(granted);
  const { thread_id, user_id } = session.record;
  // mutant: a-revocation-misses-a-registration
  if (revocations.since(asked, { thread_id, user_id, session_id: nameOf(session) })) {
    registry.end(session, 'revoked');
    return refused(revokedFault);
  }
  registry.serveUntil(session, expires_at);
  connection.registered();
  peerTurns.admitted(networkOf(connection.address));
  return ok(granted);
}
