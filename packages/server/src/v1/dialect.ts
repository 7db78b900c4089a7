/**
 * The v1 dialect on a socket, for clients that do not know this project: the server answers with events, each with
 * exactly one argument.
 */

import {
  CLIENT_EVENTS,
  isDenial,
  ok,
  parseV1Ping,
  parseV1RegisterSession,
  parseV1ThreadReference,
  type Result,
  refused,
  SERVER_EVENTS,
  type V1RegisterSession,
} from '@session-monitor/protocol';
import type { Connection } from '../socketio/connection.js';
import { type DialectDeps, type DialectHandlers, permitted } from '../socketio/dialect.js';
import { type Answer, handler } from '../socketio/handlers.js';
import type { V1Grant } from './registrar.js';

export function v1Handlers(deps: DialectDeps): DialectHandlers {
  const { v1 } = deps.registry;
  return {
    [CLIENT_EVENTS.registerSession]: handler({
      parse: parseV1RegisterSession,
      announcesFaults: true,
      handle: (message, connection) =>
        v1.inTurn(connection, () => register(deps, connection, message)),
    }),
    [CLIENT_EVENTS.ping]: handler({
      parse: parseV1Ping,
      needsAck: true,
      handle: (message, connection) => ({
        ok: true,
        value: { payload: v1.ping(connection, message) },
      }),
    }),
    [CLIENT_EVENTS.requestMissedMessages]: handler({
      parse: parseV1ThreadReference,
      announcesFaults: true,
      handle: ({ thread_id }, connection) =>
        v1.inTurn(connection, async () => done(v1.requestMissed(connection, thread_id))),
    }),
    [CLIENT_EVENTS.forceRoomJoin]: handler({
      parse: parseV1ThreadReference,
      announcesFaults: true,
      handle: (message, connection) =>
        v1.inTurn(connection, () => joinRoom(deps, connection, message)),
    }),
    [CLIENT_EVENTS.debugSocketStatus]: handler({
      parse: () => ok(undefined),
      handle: (_, connection) =>
        void connection.notify(SERVER_EVENTS.debugStatus, v1.status(connection)),
    }),
  };
}

async function register(
  deps: DialectDeps,
  connection: Connection,
  message: V1RegisterSession,
): Promise<Result<Answer>> {
  const granted = await grant(deps, connection, message);
  if (!granted.ok) return granted;
  const { registered, start } = granted.value;
  connection.notify(SERVER_EVENTS.sessionRegistered, registered);
  return ok({ payload: registered, after: start });
}

/** Follows the thread if the connection does not follow it yet. */
async function joinRoom(
  deps: DialectDeps,
  connection: Connection,
  { thread_id }: { readonly thread_id: string },
): Promise<Result<Answer>> {
  const { registry } = deps;
  const user_id = registry.v1.of(connection)?.record.user_id ?? undefined;
  const granted = await grant(deps, connection, {
    thread_id,
    ...(user_id !== undefined && { user_id }),
  });
  const joined = { thread_id, session_id: connection.id, success: granted.ok };
  connection.notify(SERVER_EVENTS.roomJoined, joined);
  return granted.ok ? ok({ payload: joined, after: granted.value.start }) : granted;
}

async function grant(
  deps: DialectDeps,
  connection: Connection,
  message: V1RegisterSession,
): Promise<Result<V1Grant>> {
  const granted = await permitted(deps, connection, 'register', message, (user_id) =>
    deps.registry.v1.register(connection, message, user_id),
  );
  // v1 has one code for every refusal by `authorize`.
  return granted.ok || !isDenial(granted.fault.code)
    ? granted
    : refused({ ...granted.fault, code: 'authorisation' });
}

const done = (result: Result<void>): Result<Answer> => (result.ok ? ok({}) : result);
