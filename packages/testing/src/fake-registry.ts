/** The sessions of a fake server: registered, resumed, left, ended. */

import type { Environment } from '@session-monitor/client';
import {
  fault,
  ok,
  type Ping,
  type Pong,
  type Receipt,
  type RegisterSession,
  type Result,
  refused,
  SERVER_EVENTS,
  type ThreadAck,
  type ThreadResume,
} from '@session-monitor/protocol';
import type { Position } from '@session-monitor/protocol/rules';
import type { FakeConnection } from './fake-connection.js';
import type { FakeLog } from './fake-log.js';
import { PING_INTERVAL_MS, SESSION_TTL_MS, writeReceipt } from './fake-receipt.js';
import { type Decision, decide } from './fake-registration.js';
import { FakeSession, type SessionNames } from './fake-session.js';
import type { Random } from './random.js';

export interface RegistryDeps {
  readonly time: Pick<Environment, 'now' | 'wall'>;
  readonly random: Random;
  readonly log: (thread_id: string) => FakeLog;
}

type Granted = Extract<Decision, { kind: 'grant' }>;

const RESUMED = { outcome: 'resumed' } as const;

export class FakeRegistry {
  readonly #deps: RegistryDeps;
  readonly #sessions = new Map<string, FakeSession>();

  constructor(deps: RegistryDeps) {
    this.#deps = deps;
  }

  /** The sessions of a thread, or all. */
  of(thread_id: string | undefined): readonly FakeSession[] {
    return [...this.#sessions.values()].filter(
      ({ names }) => thread_id === undefined || names.thread_id === thread_id,
    );
  }

  /** Those that are on a connection. */
  following(thread_id?: string): readonly FakeSession[] {
    return this.of(thread_id).filter(({ connection }) => connection !== undefined);
  }

  on(connection: FakeConnection): readonly FakeSession[] {
    return this.following().filter((session) => session.connection === connection);
  }

  /** The session, if the connection has it. */
  owned(connection: FakeConnection, session_id: string): FakeSession | undefined {
    const session = this.#sessions.get(session_id);
    return session?.connection === connection ? session : undefined;
  }

  register(connection: FakeConnection, request: RegisterSession): Result<Receipt> {
    this.#expireAbsent();
    const { session_id, session_secret, thread_id, instance } = request;
    const user_id = request.user_id ?? null;
    const named = session_id === undefined ? undefined : this.#sessions.get(session_id);
    const isTheirs =
      named?.names.secret === session_secret &&
      named?.names.thread_id === thread_id &&
      named?.names.user_id === user_id;
    const presented = isTheirs ? named : undefined;
    const own = [...this.#sessions.values()].find(
      ({ names, owner }) =>
        names.maker === instance &&
        owner.instance === instance &&
        names.thread_id === thread_id &&
        names.user_id === user_id,
    );
    const isAlive = (session: FakeSession) =>
      session.connection !== undefined &&
      this.#deps.time.now() - session.heardAt < 2 * PING_INTERVAL_MS;
    const decision = decide({ request, presented, own, isAlive });
    if (decision.kind === 'stale') {
      const message = `Attempt ${request.attempt} is older than attempt ${decision.newest}, which was granted.`;
      return refused(fault('stale', message));
    }
    const began = [presented, own].find((session) => session?.owner.instance === instance);
    if (decision.kind === 'grant') return ok(this.#grant(connection, request, decision, began));
    return ok(this.#repeat(connection, request, decision.session, began));
  }

  resume(connection: FakeConnection, { session_id, cursor }: ThreadResume): Result<Receipt> {
    const session = this.owned(connection, session_id);
    if (!session) return refused(notRegistered(session_id));
    session.heardAt = this.#deps.time.now();
    const place = session.log.continueAt(cursor);
    session.seek(place);
    return ok(writeReceipt(session, place, RESUMED, this.#timestamp()));
  }

  /** Records how far a client has come. Late packets of a former owner change nothing. */
  acknowledge(connection: FakeConnection, ack: ThreadAck): void {
    const session = this.owned(connection, ack.session_id);
    if (session?.owner.generation !== ack.generation) return;
    session.heardAt = this.#deps.time.now();
    session.acknowledge(ack.epoch, ack.offset);
  }

  ping(connection: FakeConnection, ping: Ping): Pong {
    const { session_id, generation } = ping;
    this.acknowledge(connection, ping);
    const session = this.owned(connection, session_id);
    const owner = session?.owner.generation === generation;
    return {
      pong: true,
      timestamp: this.#timestamp(),
      session_id,
      owner,
      thread_id: session?.names.thread_id ?? '',
      transport: connection.transport,
      ...(session && { epoch: session.epoch }),
      head: session?.log.head ?? 0,
      sent: session?.sent ?? 0,
      waiting: session?.waiting ?? null,
    };
  }

  /** The connection is gone, or the client has left one session on it. */
  leave(connection: FakeConnection, wanted: (session: FakeSession) => boolean = () => true): void {
    for (const session of this.on(connection).filter(wanted)) {
      connection.seats.delete(session.owner.instance);
      session.detach(this.#deps.time.now());
    }
  }

  /** Ends a session. Its monitor, if it is there, registers again. */
  expire(session: FakeSession): void {
    const { connection, names, owner } = session;
    const detail = `Expired at ${this.#timestamp()}, because the test said so.`;
    session.expiry ??= { reason: 'idle', detail };
    if (!connection) return;
    session.detach(this.#deps.time.now());
    connection.seats.set(owner.instance, 'asked');
    const { session_id } = names;
    connection.send(SERVER_EVENTS.sessionExpired, { session_id, ...session.expiry });
  }

  /** Gives the session to another instance. Its monitor registers again, without a claim to it. */
  takeOver(session: FakeSession): void {
    const { owner } = session;
    this.#evict(session, true);
    const instance = this.#deps.random.name();
    session.owner = { ...owner, instance, attempt: 1, generation: owner.generation + 1 };
  }

  /** The thread is erased: drops its sessions without a connection. */
  forget(thread_id: string): void {
    for (const { names, connection } of this.of(thread_id)) {
      if (!connection) this.#sessions.delete(names.session_id);
    }
  }

  /** Expires sessions that were away for too long. They learn of it at the next registration. */
  #expireAbsent(): void {
    const now = this.#deps.time.now();
    for (const session of this.#sessions.values()) {
      const awayMs = session.connection ? 0 : now - session.awaySince;
      if (session.expiry || awayMs <= SESSION_TTL_MS) continue;
      const minutes = Math.round(awayMs / 60_000);
      const detail = `Expired after ${minutes} min without a connection.`;
      session.expiry = { reason: 'disconnected', detail };
    }
  }

  /** Returns the receipt already given and sends the frames from its place. Grants again if it is gone. */
  #repeat(
    connection: FakeConnection,
    request: RegisterSession,
    session: FakeSession,
    began: FakeSession | undefined,
  ): Receipt {
    const { receipt } = session;
    const isGone = !receipt || session.connection !== connection;
    if (isGone || session.log.continueAt(receipt.cursor).reset) {
      const granted = { ...RESUMED, kind: 'grant', session, takesOver: false } as const;
      return this.#grant(connection, request, granted, began);
    }
    const { epoch, from, cursor } = receipt;
    session.attach(connection, { epoch, after: from - 1, cursor });
    session.heardAt = this.#deps.time.now();
    return receipt;
  }

  #grant(
    connection: FakeConnection,
    request: RegisterSession,
    decision: Granted,
    began: FakeSession | undefined,
  ): Receipt {
    const { thread_id, instance, attempt } = request;
    const log = this.#deps.log(thread_id);
    const place = placeOf(request, log, began?.owner.start);
    const existing = decision.session;
    const owner = {
      instance,
      attempt,
      generation: (existing?.owner.generation ?? 0) + 1,
      start: began?.owner.start ?? place.cursor,
    };
    const session = existing ?? new FakeSession(this.#names(request), owner, log);
    const { connection: former } = session;
    if (former) this.#evict(session, decision.takesOver && former !== connection);
    this.#sessions.set(session.names.session_id, session);
    session.owner = owner;
    session.expiry = undefined;
    session.heardAt = this.#deps.time.now();
    session.attach(connection, place);
    session.receipt = writeReceipt(session, place, decision, this.#timestamp());
    return session.receipt;
  }

  #names({ thread_id, user_id, instance }: RegisterSession): SessionNames {
    const { random } = this.#deps;
    const [session_id, secret] = [random.name(), random.name()];
    return { session_id, secret, thread_id, user_id: user_id ?? null, maker: instance };
  }

  #evict(session: FakeSession, isTold: boolean): void {
    const { connection, names, owner } = session;
    session.detach(this.#deps.time.now());
    if (!isTold || !connection) return;
    connection.seats.set(owner.instance, 'asked');
    connection.send(SERVER_EVENTS.sessionTakenOver, { session_id: names.session_id });
  }

  #timestamp(): string {
    return new Date(this.#deps.time.wall()).toISOString();
  }
}

export const notRegistered = (session_id: string) =>
  fault('not_registered', `Session '${session_id}' is not on this connection. Register it first.`);

/** @param start where the instance began, if it was registered before: what was 'now' then is not now */
function placeOf(
  { cursor, since = 'start' }: RegisterSession,
  log: FakeLog,
  start: string | undefined,
): Position {
  if (cursor !== undefined) return log.continueAt(cursor);
  return since === 'now' && start !== undefined ? log.continueAt(start) : log.beginSince(since);
}
