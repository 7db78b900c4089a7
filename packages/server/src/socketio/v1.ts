/**
 * The v1 dialect on a socket, as peers speak it that have never heard of this project: answers are
 * events, each with exactly one argument.
 */

import {
  CLIENT_EVENTS,
  ok,
  parseV1Ping,
  parseV1RegisterSession,
  parseV1ThreadReference,
  type Result,
  SERVER_EVENTS,
  type V1RegisterSession,
} from '@session-monitor/protocol';
import type { V1Grant } from '../sessions/v1-registrar.js';
import { type DialectHandlers, type DialectParts, permitted } from './dialect.js';
import { type Answer, handler } from './handlers.js';

export function v1Handlers(parts: DialectParts): DialectHandlers {
  const { connection, registry } = parts;
  const { v1 } = registry;
  const inTurn = <T>(work: () => Promise<T>) => v1.inTurn(connection, work);
  return {
    [CLIENT_EVENTS.registerSession]: handler({
      parse: parseV1RegisterSession,
      announcesFaults: true,
      handle: (message) => inTurn(() => register(parts, message)),
    }),
    [CLIENT_EVENTS.ping]: handler({
      parse: parseV1Ping,
      needsAck: true,
      handle: (message) => ({ ok: true, value: { payload: v1.ping(connection, message) } }),
    }),
    [CLIENT_EVENTS.requestMissedMessages]: handler({
      parse: parseV1ThreadReference,
      announcesFaults: true,
      handle: ({ thread_id }) => inTurn(async () => done(v1.requestMissed(connection, thread_id))),
    }),
    [CLIENT_EVENTS.forceRoomJoin]: handler({
      parse: parseV1ThreadReference,
      announcesFaults: true,
      handle: (message) => inTurn(() => joinRoom(parts, message)),
    }),
    [CLIENT_EVENTS.debugSocketStatus]: handler({
      parse: () => ok(undefined),
      handle: () => void connection.notify(SERVER_EVENTS.debugStatus, v1.status(connection)),
    }),
  };
}

async function register(parts: DialectParts, message: V1RegisterSession): Promise<Result<Answer>> {
  const granted = await grant(parts, message);
  if (!granted.ok) return granted;
  const { registered, start } = granted.value;
  parts.connection.notify(SERVER_EVENTS.sessionRegistered, registered);
  return ok({ payload: registered, after: start });
}

/** Follows the thread if the connection does not yet. */
async function joinRoom(
  parts: DialectParts,
  { thread_id }: { readonly thread_id: string },
): Promise<Result<Answer>> {
  const { connection, registry } = parts;
  const user_id = registry.v1.of(connection)?.record.user_id ?? undefined;
  const granted = await grant(parts, { thread_id, ...(user_id !== undefined && { user_id }) });
  const joined = { thread_id, session_id: connection.id, success: granted.ok };
  connection.notify(SERVER_EVENTS.roomJoined, joined);
  return granted.ok ? ok({ payload: joined, after: granted.value.start }) : granted;
}

const grant = (parts: DialectParts, message: V1RegisterSession): Promise<Result<V1Grant>> =>
  permitted(parts, 'register', message, (user_id) =>
    parts.registry.v1.register(parts.connection, message, user_id),
  );

const done = (result: Result<void>): Result<Answer> => (result.ok ? ok({}) : result);
