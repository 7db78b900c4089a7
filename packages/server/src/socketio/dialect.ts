/** What the handlers of both dialects share, and how an event finds its handler. */

import {
  CLIENT_EVENTS,
  type Fault,
  isDenial,
  isV2Payload,
  ok,
  type Result,
  refused,
} from '@session-monitor/protocol';
import type { Caller, ThreadAction } from '../access/authorize.js';
import type { PermissionCheck } from '../access/permission-check.js';
import type { Trace } from '../observe/trace.js';
import type { Registry } from '../sessions/registry.js';
import type { Store } from '../stores/store.js';
import type { Clock } from '../util/clock.js';
import type { Connection } from './connection.js';
import { type EventHandler, payloadOf } from './handlers.js';

export interface DialectDeps {
  readonly registry: Registry;
  readonly permissions: PermissionCheck;
  readonly clock: Clock;
  readonly store: Pick<Store, 'logs'>;
  readonly trace: Trace;
  /** The fault that refuses requests at the moment; undefined while there is none. */
  readonly closedFor: () => Fault | undefined;
  /** Resolves when the server is ready to register sessions. */
  readonly ready: Promise<void>;
}

export type DialectHandlers = Readonly<Record<string, EventHandler>>;

/** Combines the handlers of both dialects: the payload of an event selects one. */
export function bothDialects(
  v1: DialectHandlers,
  v2: DialectHandlers,
): ReadonlyMap<string, EventHandler> {
  const handlers = new Map<string, EventHandler>();
  for (const event of Object.values(CLIENT_EVENTS)) {
    const [inV1, inV2] = [v1[event], v2[event]];
    if (!inV1 && !inV2) continue;
    handlers.set(event, (connection, name, args) => {
      const handle = (isV2Payload(event, payloadOf(args)) ? inV2 : inV1) ?? inV2;
      handle?.(connection, name, args);
    });
  }
  return handlers;
}

/** The identity that a caller claims, and its proof. */
export interface Claim {
  readonly thread_id: string;
  readonly user_id?: string | undefined;
  readonly token?: string | undefined;
  /** The event's name, for `publish`. */
  readonly event?: string | undefined;
}

/** Does `work` if `authorize` and the server allow it. Traces a refusal. */
export async function permitted<T>(
  deps: DialectDeps,
  connection: Connection,
  action: ThreadAction,
  claim: Claim,
  work: (user_id: string | null) => Promise<Result<T>>,
): Promise<Result<T>> {
  await deps.ready;
  const allowed = await ask(deps, connection, action, claim);
  // After `authorize`, which may have taken long.
  const closed = deps.closedFor();
  const done = closed ? refused(closed) : allowed.ok ? await work(allowed.value.user_id) : allowed;
  if (!done.ok && allowed.ok) {
    const { code } = done.fault;
    deps.trace('register_refused', { ...whoAsks(connection, claim), code });
  }
  return done;
}

/** Asks `authorize`; resolves with the caller as it answers. Traces a refusal, not an outage. */
export async function ask(
  { permissions, trace }: DialectDeps,
  connection: Connection,
  action: ThreadAction,
  claim: Claim,
): Promise<Result<Caller>> {
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
  const permission = await permissions.ask(request);
  if (permission.granted) return ok(permission);
  const { fault, detail } = permission;
  if (isDenial(fault.code)) {
    const step = action === 'register' ? 'register_refused' : 'access_refused';
    const { code } = fault;
    trace(step, { ...whoAsks(connection, claim), action, code, detail });
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
