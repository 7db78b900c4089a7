/** The sessions of a fake server: registered, resumed, left, ended. */

import type { Environment } from '@session-monitor/client';
import {
  DEFAULT_PING_INTERVAL_MS,
  DEFAULT_SESSION_TTL_MS,
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
import {
  asGrant,
  awayExpiry,
  beginningOf,
  decideRegistration,
  type GrantDecision,
  isOwnerAlive,
  type KnownSession,
  mayClaim,
  notRegistered,
  type Position,
  type ReceiptFacts,
  staleFault,
  writePong,
  writeReceipt,
} from '@session-monitor/protocol/rules';
import type { FakeConnection } from './fake-connection.js';
import type { FakeLog } from './fake-log.js';
import { FakeSession, type SessionNames, WINDOW } from './fake-session.js';
import type { Random } from './random.js';

export interface RegistryDeps {
  readonly time: Pick<Environment, 'now' | 'wall'>;
  readonly random: Random;
  readonly log: (thread_id: string) => FakeLog;
}

interface Granted extends GrantDecision {
  /** Without one the registry makes a session. */
  readonly existing: FakeSession | undefined;
  /** Where the instance began, if it was registered before. */
  readonly start: string | undefined;
}

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
    const claim = { secret: session_secret ?? '', thread_id, user_id };
    const presented = named && mayClaim(named.names, claim, Object.is) ? named : undefined;
    const own = [...this.#sessions.values()].find(
      ({ names, owner }) =>
        names.maker === instance &&
        owner.instance === instance &&
        names.thread_id === thread_id &&
        names.user_id === user_id,
    );
    const decision = decideRegistration({
      instance,
      attempt: request.attempt,
      claimed: session_id !== undefined,
      presented: presented && this.#known(presented),
      own: own && this.#known(own),
    });
    if (decision.kind === 'stale') return refused(staleFault(request.attempt, decision.newest));
    const candidates = { presented, own, create: undefined };
    const session = candidates[decision.session];
    const start = [presented, own].find((each) => each?.owner.instance === instance)?.owner.start;
    const repeated = decision.kind === 'repeat' && this.#repeat(connection, session);
    if (repeated) return ok(repeated);
    const granted = decision.kind === 'grant' ? decision : asGrant(decision);
    return ok(this.#grant(connection, request, { ...granted, existing: session, start }));
  }

  #known(session: FakeSession): KnownSession {
    const { connection, owner, expiry, heardAt } = session;
    const { instance, attempt } = owner;
    const silentMs = connection ? this.#deps.time.now() - heardAt : Number.POSITIVE_INFINITY;
    const alive = isOwnerAlive(silentMs, DEFAULT_PING_INTERVAL_MS);
    return { instance, attempt, alive, ...(expiry && { expiry }) };
  }

  resume(connection: FakeConnection, { session_id, cursor }: ThreadResume): Result<Receipt> {
    const session = this.owned(connection, session_id);
    if (!session) return refused(notRegistered(session_id));
    session.heardAt = this.#deps.time.now();
    const place = session.log.continueAt(cursor);
    session.seek(place);
    return ok(this.#receipt(session, place, { outcome: 'resumed' }));
  }

  /** Records how far a client has come. Late packets of a former owner change nothing. */
  acknowledge(connection: FakeConnection, ack: ThreadAck): void {
    const session = this.owned(connection, ack.session_id);
    if (session?.owner.generation !== ack.generation) return;
    session.heardAt = this.#deps.time.now();
    session.acknowledge(ack.epoch, ack.offset);
  }

  ping(connection: FakeConnection, ping: Ping): Pong {
    this.acknowledge(connection, ping);
    const { transport } = connection;
    const session = this.owned(connection, ping.session_id);
    return writePong(ping, { timestamp: this.#timestamp(), transport }, session?.place);
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
      if (session.expiry || awayMs <= DEFAULT_SESSION_TTL_MS) continue;
      session.expiry = awayExpiry(this.#timestamp(), awayMs);
    }
  }

  /** The receipt already given, with the frames from its place; undefined if it is gone. */
  #repeat(connection: FakeConnection, session: FakeSession | undefined): Receipt | undefined {
    const receipt = session?.connection === connection ? session.receipt : undefined;
    if (!session || !receipt || session.log.continueAt(receipt.cursor).reset) return undefined;
    const { epoch, from, cursor } = receipt;
    session.attach(connection, { epoch, after: from - 1, cursor });
    session.heardAt = this.#deps.time.now();
    return receipt;
  }

  #grant(connection: FakeConnection, request: RegisterSession, granted: Granted): Receipt {
    const { thread_id, instance, attempt } = request;
    const { existing, start, takesOver } = granted;
    const log = this.#deps.log(thread_id);
    const beginning = beginningOf(request, start);
    const place =
      'cursor' in beginning
        ? log.continueAt(beginning.cursor)
        : log.beginSince(beginning.since, beginning.began);
    const owner = {
      instance,
      attempt,
      generation: (existing?.owner.generation ?? 0) + 1,
      start: start ?? place.cursor,
    };
    const session = existing ?? new FakeSession(this.#names(request), owner, log);
    const { connection: former } = session;
    if (former) this.#evict(session, takesOver && former !== connection);
    this.#sessions.set(session.names.session_id, session);
    session.owner = owner;
    session.expiry = undefined;
    session.heardAt = this.#deps.time.now();
    session.attach(connection, place);
    session.receipt = this.#receipt(session, place, granted);
    return session.receipt;
  }

  #receipt(
    { names, owner, log, connection }: FakeSession,
    position: Position,
    granted: ReceiptFacts['granted'],
  ): Receipt {
    const { session_id, secret: session_secret, thread_id } = names;
    return writeReceipt({
      session_id,
      session_secret,
      generation: owner.generation,
      thread_id,
      node: 'fake',
      transport: connection?.transport ?? 'websocket',
      server_time: this.#timestamp(),
      granted,
      position,
      head: log.head,
      window: WINDOW,
      ping_interval_ms: DEFAULT_PING_INTERVAL_MS,
      session_ttl_ms: DEFAULT_SESSION_TTL_MS,
      http_path: '/',
    });
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
