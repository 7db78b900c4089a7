/** The v2 dialect on a socket: each message to the registry, each answer back. */

import {
  CLIENT_EVENTS,
  type Fault,
  fault,
  parseLeaveSession,
  parsePing,
  parseRegisterSession,
  parseThreadAck,
  parseThreadResume,
  type RegisterSession,
  type Result,
  refused,
} from '@session-monitor/protocol';
import { type Action, type Authorize, permit } from '../authorize.js';
import type { Trace } from '../observe/trace.js';
import type { Grant } from '../sessions/registrar.js';
import { notRegistered, type Registry } from '../sessions/registry.js';
import type { Connection } from './connection.js';
import { type Answer, type HandlerContext, on } from './handlers.js';

export interface DialectParts {
  readonly context: HandlerContext;
  readonly connection: Connection;
  readonly registry: Registry;
  readonly authorize: Authorize;
  readonly trace: Trace;
  /** Why nothing is registered at the moment; undefined when all is well. */
  readonly closedFor: () => Fault | undefined;
  /** Resolves when the server is ready to register sessions. */
  readonly ready: Promise<void>;
}

export function speakV2(parts: DialectParts): void {
  const { context, connection, registry } = parts;
  on(context, {
    event: CLIENT_EVENTS.registerSession,
    parse: parseRegisterSession,
    needsAck: true,
    handle: (message) => register(parts, message),
  });
  on(context, {
    event: CLIENT_EVENTS.threadResume,
    parse: parseThreadResume,
    needsAck: true,
    async handle(message) {
      const session = registry.owned(connection, message.session_id);
      if (session) {
        const { thread_id, user_id } = session.record;
        const claim = { thread_id, user_id: user_id ?? undefined, token: session.token };
        const allowed = await ask(parts, 'resume', claim);
        if (!allowed.ok) return allowed;
        // The token may be somebody else's by now: the session is not.
        if (allowed.value !== user_id) return refused(notRegistered(message.session_id));
      }
      return answer(await registry.resume(connection, message));
    },
  });
  on(context, {
    event: CLIENT_EVENTS.leaveSession,
    parse: parseLeaveSession,
    needsAck: false,
    handle(message) {
      registry.leave(connection, message);
      return undefined;
    },
  });
  on(context, {
    event: CLIENT_EVENTS.threadAck,
    parse: parseThreadAck,
    needsAck: false,
    handle(message) {
      registry.acknowledge(connection, message);
      return undefined;
    },
  });
  on(context, {
    event: CLIENT_EVENTS.ping,
    parse: parsePing,
    needsAck: true,
    handle: (message) => ({
      ok: true,
      value: { payload: registry.ping(connection, message) },
    }),
  });
}

async function register(parts: DialectParts, message: RegisterSession): Promise<Result<Answer>> {
  await parts.ready;
  const { thread_id, user_id, token } = message;
  const allowed = await ask(parts, 'register', { thread_id, user_id, token });
  // After the question, which may have taken long.
  const closed = parts.closedFor();
  const granted = closed
    ? refused(closed)
    : allowed.ok
      ? await parts.registry.register(parts.connection, message, allowed.value)
      : allowed;
  if (!granted.ok) {
    const { code } = granted.fault;
    parts.trace('register_refused', { connection: parts.connection.id, thread_id, code });
  }
  return answer(granted);
}

/** Asks `authorize`; resolves with the user that the caller really is. */
async function ask(
  { context, authorize }: DialectParts,
  action: Action,
  claim: {
    readonly thread_id: string;
    readonly user_id?: string | undefined;
    readonly token?: string | undefined;
  },
): Promise<Result<string | null>> {
  const { headers, auth } = context.socket.handshake;
  const request = {
    action,
    thread_id: claim.thread_id,
    ...(claim.user_id !== undefined && { user_id: claim.user_id }),
    ...(claim.token !== undefined && { token: claim.token }),
    auth: auth as Record<string, unknown>,
    headers,
  };
  const permission = await permit(authorize, request, (err) =>
    context.logger.error({ err, action }, 'authorize failed'),
  );
  return permission.granted ? { ok: true, value: permission.user_id } : refused(permission.fault);
}

/** The receipt first, then the frames. */
const answer = (granted: Result<Grant>): Result<Answer> =>
  granted.ok
    ? { ok: true, value: { payload: granted.value.receipt, after: () => granted.value.start() } }
    : granted;

/** What a client hears that comes while the server is on its way out. */
export const drainingFault = (retry_after_ms: number): Fault =>
  fault('draining', 'The server is about to stop. Come back a little later.', { retry_after_ms });
