/** The v2 dialect on a socket: passes each message to the registry, and each answer back. */

import {
  CLIENT_EVENTS,
  isDenial,
  parseLeaveSession,
  parsePing,
  parseRegisterSession,
  parseSystemPingResponse,
  parseThreadAck,
  parseThreadResume,
  parseThreadSend,
  type RegisterSession,
  type Result,
  refused,
  type ThreadResume,
} from '@session-monitor/protocol';
import { notRegistered } from '../sessions/faults.js';
import type { Grant } from '../sessions/registrar.js';
import { isoTime } from '../util/iso-time.js';
import type { Connection } from './connection.js';
import { ask, type DialectDeps, permitted } from './dialect.js';
import { type Answer, type EventHandler, handler } from './handlers.js';
import { PublishHandler } from './publish-handler.js';

/** The handlers of v2, by event. */
export function v2Handlers(deps: DialectDeps): Readonly<Record<string, EventHandler>> {
  const { registry } = deps;
  const publishHandler = new PublishHandler(deps);
  return {
    [CLIENT_EVENTS.registerSession]: handler({
      parse: parseRegisterSession,
      needsAck: true,
      handle: (message, connection) => register(deps, connection, message),
    }),
    [CLIENT_EVENTS.threadResume]: handler({
      parse: parseThreadResume,
      needsAck: true,
      handle: (message, connection) => resume(deps, connection, message),
    }),
    [CLIENT_EVENTS.leaveSession]: handler({
      parse: parseLeaveSession,
      handle: (message, connection) => void registry.leave(connection, message),
    }),
    [CLIENT_EVENTS.threadAck]: handler({
      parse: parseThreadAck,
      handle: (message, connection) => void registry.acknowledge(connection, message),
    }),
    [CLIENT_EVENTS.threadSend]: handler({
      parse: parseThreadSend,
      needsAck: true,
      async handle(message, connection) {
        const sent = await publishHandler.send(connection, message);
        return sent.ok ? { ok: true, value: { payload: sent.value } } : sent;
      },
    }),
    [CLIENT_EVENTS.ping]: handler({
      parse: parsePing,
      needsAck: true,
      handle: (message, connection) => ({
        ok: true,
        value: { payload: registry.ping(connection, message) },
      }),
    }),
    [CLIENT_EVENTS.systemPingResponse]: handler({
      parse: parseSystemPingResponse,
      handle({ thread_id }, connection) {
        registry.answered(connection, thread_id);
        const timestamp = isoTime(deps.clock.wall());
        return { ok: true, value: { payload: { status: 'acknowledged', timestamp } } };
      },
    }),
  };
}

async function register(
  deps: DialectDeps,
  connection: Connection,
  message: RegisterSession,
): Promise<Result<Answer>> {
  const granted = await permitted(deps, connection, 'register', message, (user_id) =>
    deps.registry.register(connection, message, user_id),
  );
  const { session_id } = message;
  if (session_id !== undefined && isRefusal(granted)) turnAway(deps, connection, session_id);
  return answer(granted);
}

async function resume(
  deps: DialectDeps,
  connection: Connection,
  message: ThreadResume,
): Promise<Result<Answer>> {
  const { registry } = deps;
  const session = registry.owned(connection, message.session_id);
  // mutant: a-resume-is-not-asked-about
  if (session) {
    const { thread_id, user_id } = session.record;
    const token = session.granted?.token;
    const allowed = await ask(deps, connection, 'resume', {
      thread_id,
      user_id: user_id ?? undefined,
      token,
    });
    // The token may name another user by now; the session keeps its own.
    const isAnother = allowed.ok && allowed.value.user_id !== user_id;
    if (isAnother || isRefusal(allowed)) turnAway(deps, connection, message.session_id);
    if (isAnother) return refused(notRegistered(message.session_id));
    if (!allowed.ok) return allowed;
  }
  return answer(await registry.resume(connection, message));
}

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
  granted.ok
    ? { ok: true, value: { payload: granted.value.receipt, after: () => granted.value.start() } }
    : granted;
