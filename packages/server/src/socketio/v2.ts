/** The v2 dialect on a socket: passes each message to the registry, and each answer back. */

import {
  isDenial,
  type LeaveSession,
  ok,
  type Ping,
  type RegisterSession,
  type Result,
  refused,
  type SystemPingResponse,
  type ThreadAck,
  type ThreadResume,
} from '@session-monitor/protocol';
import { notRegistered, V2_MESSAGES } from '@session-monitor/protocol/rules';
import type { Grant } from '../sessions/registrar.js';
import { isoTime } from '../util/iso-time.js';
import type { Connection } from './connection.js';
import {
  type Admitted,
  type Answer,
  admit,
  ask,
  count,
  type DialectDeps,
  type Handler,
  settle,
  traceRefusal,
} from './dialect.js';

export const registerSession: Handler<RegisterSession> = {
  ...V2_MESSAGES.register_session,
  async handle(message, connection, deps) {
    const { session_id } = message;
    const caller = await admit(deps, connection, message);
    const granted = caller.ok ? await register(deps, connection, message, caller.value) : caller;
    if (caller.ok) traceRefusal(deps, connection, message, granted);
    if (session_id !== undefined && isRefusal(granted)) turnAway(deps, connection, session_id);
    return answer(granted);
  },
};

async function register(
  deps: DialectDeps,
  connection: Connection,
  message: RegisterSession,
  caller: Admitted,
): Promise<Result<Grant>> {
  const { registry } = deps;
  const mayCreate = () => count(deps, connection, caller, 'sessionsPerUser');
  const granted = await registry.register(connection, message, caller.user_id, mayCreate);
  if (!granted.ok) return granted;
  const session = registry.owned(connection, granted.value.receipt.session_id);
  return settle(deps, connection, session, caller, granted.value);
}

export const threadResume: Handler<ThreadResume> = {
  ...V2_MESSAGES.thread_resume,
  async handle(message, connection, deps) {
    const { session_id } = message;
    const session = deps.registry.owned(connection, session_id);
    // mutant: a-resume-is-not-asked-about
    if (session) {
      const { thread_id, user_id } = session.record;
      const token = session.granted?.token;
      const claim = { session_id, thread_id, user_id: user_id ?? undefined, token };
      const allowed = await ask(deps, connection, 'resume', claim);
      // The token may name another user by now; the session keeps its own.
      const isAnother = allowed.ok && allowed.value.user_id !== user_id;
      if (isAnother || isRefusal(allowed)) turnAway(deps, connection, session_id);
      if (isAnother) return refused(notRegistered(session_id));
      if (!allowed.ok) return allowed;
      const refusal = count(deps, connection, allowed.value, 'resumesPerMinute');
      if (refusal) return refused(refusal);
    }
    return answer(await deps.registry.resume(connection, message));
  },
};

export const leaveSession: Handler<LeaveSession> = {
  ...V2_MESSAGES.leave_session,
  handle: (message, connection, { registry }) => void registry.leave(connection, message),
};

export const threadAck: Handler<ThreadAck> = {
  ...V2_MESSAGES.thread_ack,
  handle: (message, connection, { registry }) => void registry.acknowledge(connection, message),
};

export const ping: Handler<Ping> = {
  ...V2_MESSAGES.ping,
  handle: (message, connection, { registry }) =>
    ok({ payload: registry.ping(connection, message) }),
};

export const systemPingResponse: Handler<SystemPingResponse> = {
  ...V2_MESSAGES.system_ping_response,
  handle({ thread_id }, connection, { registry, clock }) {
    registry.answered(connection, thread_id);
    return ok({ payload: { status: 'acknowledged', timestamp: isoTime(clock.wall()) } });
  },
};

const isRefusal = (result: Result<unknown>): boolean => !result.ok && isDenial(result.fault.code);

/** A refused registration or resume ends the session, whatever was granted before (I10). */
function turnAway({ registry }: DialectDeps, connection: Connection, session_id: string): void {
  const session = registry.owned(connection, session_id);
  if (!session) return;
  const { generation } = session.record;
  // mutant: a-refused-session-is-still-sent
  registry.leave(connection, { session_id, generation });
}

/** The receipt first, then the frames. */
// mutant: frames-overtake-the-receipt
const answer = (granted: Result<Grant>): Result<Answer> =>
  granted.ok ? ok({ payload: granted.value.receipt, after: () => granted.value.start() }) : granted;
