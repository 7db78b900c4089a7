/** What the handlers of both dialects share. */

import { type Fault, isDenial, ok, type Result, refused } from '@session-monitor/protocol';
import type { Caller, ThreadAction } from '../access/authorize.js';
import type { PermissionCheck } from '../access/permission-check.js';
import type { ServerDeps } from '../server-deps.js';
import type { KeyedMutex } from '../sessions/keyed-mutex.js';
import type { Registry } from '../sessions/registry.js';
import type { UnderWay } from '../util/under-way.js';
import type { Asking } from './asking.js';
import type { Connection } from './connection.js';

export interface DialectDeps extends Pick<ServerDeps, 'clock' | 'store' | 'trace'> {
  readonly registry: Registry;
  readonly permissions: PermissionCheck;
  /** What connections ask of `authorize`. */
  readonly asking: Asking;
  /** The fault that refuses requests at the moment; undefined while there is none. */
  readonly closedFor: () => Fault | undefined;
  /** Resolves when the server is ready to register sessions. */
  readonly ready: Promise<void>;
  /** The events that connections send to their threads. */
  readonly sends: UnderWay<Connection>;
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
  readonly token?: string | undefined;
  /** The event's name, for `publish`. */
  readonly event?: string | undefined;
}

/** Asks whether the caller may register now. Traces a refusal. */
export async function admit(
  deps: DialectDeps,
  connection: Connection,
  claim: Claim,
): Promise<Result<Caller>> {
  await deps.ready;
  const allowed = await ask(deps, connection, 'register', claim);
  // After `authorize`, which may have taken long.
  const closed = deps.closedFor();
  if (!closed) return allowed;
  const refusal = refused(closed);
  if (allowed.ok) traceRefusal(deps, connection, claim, refusal);
  return refusal;
}

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
  { permissions, asking, trace }: DialectDeps,
  connection: Connection,
  action: ThreadAction,
  claim: Claim,
): Promise<Result<Caller>> {
  const tooMany = asking.whyNot(connection);
  if (tooMany) return refused(tooMany);
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
  const permission = await asking.ask(connection, () => permissions.ask(request));
  if (permission.granted) return ok(permission);
  const { fault, detail } = permission;
  if (isDenial(fault.code)) {
    const step = action === 'register' ? 'register_refused' : 'access_refused';
    const { code } = fault;
    trace(step, { ...whoAsks(connection, claim), action, code, detail });
    asking.refused(connection);
  }
  return refused(fault);
}

/** The caller's claimed identity, and its address. */
const whoAsks = ({ id, address }: Connection, { thread_id, user_id }: Claim) => ({
  connection: id,
  thread_id,
  user_id,
  address,
});
