/**
 * The v1 dialect on a socket, for clients that do not know this project: the server answers with events, each with
 * exactly one argument.
 */

import {
  isDenial,
  ok,
  parseV1Ping,
  parseV1RegisterSession,
  parseV1ThreadReference,
  type Result,
  refused,
  SERVER_EVENTS,
  type V1Ping,
  type V1RegisterSession,
  type V1ThreadReference,
} from '@session-monitor/protocol';
import type { Connection } from '../socketio/connection.js';
import {
  type Answer,
  admit,
  count,
  type DialectDeps,
  type Handler,
  settle,
  traceRefusal,
} from '../socketio/dialect.js';
import type { V1Grant } from './registrar.js';

export const registerSession: Handler<V1RegisterSession> = {
  parse: parseV1RegisterSession,
  announcesFaults: true,
  handle: (message, connection, deps) =>
    deps.registry.v1.inTurn(connection, () => register(deps, connection, message)),
};

export const ping: Handler<V1Ping> = {
  parse: parseV1Ping,
  needsAck: true,
  handle: (message, connection, { registry }) =>
    ok({ payload: registry.v1.ping(connection, message) }),
};

export const requestMissedMessages: Handler<V1ThreadReference> = {
  parse: parseV1ThreadReference,
  announcesFaults: true,
  handle: ({ thread_id }, connection, { registry: { v1 } }) =>
    v1.inTurn(connection, async () => v1.requestMissed(connection, thread_id)),
};

export const forceRoomJoin: Handler<V1ThreadReference> = {
  parse: parseV1ThreadReference,
  announcesFaults: true,
  handle: (message, connection, deps) =>
    deps.registry.v1.inTurn(connection, () => joinRoom(deps, connection, message)),
};

export const debugSocketStatus: Handler<undefined> = {
  parse: () => ok(undefined),
  handle: (_, connection, { registry }) =>
    void connection.notify(SERVER_EVENTS.debugStatus, registry.v1.status(connection)),
};

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
  { thread_id }: V1ThreadReference,
): Promise<Result<Answer>> {
  const user_id = deps.registry.v1.of(connection)?.record.user_id ?? undefined;
  const message = { thread_id, ...(user_id !== undefined && { user_id }) };
  const granted = await grant(deps, connection, message);
  const joined = { thread_id, session_id: connection.id, success: granted.ok };
  connection.notify(SERVER_EVENTS.roomJoined, joined);
  return granted.ok ? ok({ payload: joined, after: granted.value.start }) : granted;
}

async function grant(
  deps: DialectDeps,
  connection: Connection,
  message: V1RegisterSession,
): Promise<Result<V1Grant>> {
  const caller = await admit(deps, connection, message);
  // v1 has one code for every refusal by `authorize`.
  if (!caller.ok) {
    const { fault } = caller;
    return isDenial(fault.code) ? refused({ ...fault, code: 'authorisation' }) : caller;
  }
  const { v1 } = deps.registry;
  const follows = v1.of(connection)?.record.thread_id === message.thread_id;
  const refusal = follows ? undefined : count(deps, connection, caller.value, 'sessionsPerUser');
  if (refusal) return refused(refusal);
  const granted = await v1.register(connection, message, caller.value.user_id);
  traceRefusal(deps, connection, message, granted);
  if (!granted.ok) return granted;
  return settle(deps, connection, v1.of(connection), caller.value, granted.value);
}
