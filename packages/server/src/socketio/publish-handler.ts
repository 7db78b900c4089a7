/** Handles `thread_send`: publishes a client's events to its thread, in order. */

import {
  fault,
  LIMITS,
  ok,
  type Result,
  refused,
  type ThreadSend,
  type ThreadSent,
} from '@session-monitor/protocol';
import type { Caller } from '../access/authorize.js';
import { notRegistered, unavailableFault } from '../sessions/faults.js';
import { KeyedMutex } from '../sessions/keyed-mutex.js';
import type { Session } from '../sessions/session.js';
import { publish } from '../threads/publish.js';
import { asError, ServerError } from '../util/errors.js';
import type { Connection } from './connection.js';
import { ask, type DialectDeps } from './dialect.js';

export class PublishHandler {
  readonly #deps: DialectDeps;
  /** Keeps the events of one session in order while `authorize` decides. */
  readonly #mutex = new KeyedMutex();
  readonly #underWay = new Map<Connection, number>();

  constructor(deps: DialectDeps) {
    this.#deps = deps;
  }

  async send(connection: Connection, message: ThreadSend): Promise<Result<ThreadSent>> {
    const before = this.#underWay.get(connection) ?? 0;
    if (before >= LIMITS.maxSendsPerConnection) return refused(tooManyFault);
    this.#underWay.set(connection, before + 1);
    try {
      return await this.#mutex.run([message.session_id], () => this.#admit(connection, message));
    } finally {
      const left = (this.#underWay.get(connection) ?? 1) - 1;
      if (left > 0) this.#underWay.set(connection, left);
      else this.#underWay.delete(connection);
    }
  }

  async #admit(connection: Connection, message: ThreadSend): Promise<Result<ThreadSent>> {
    const { registry, closedFor, clock } = this.#deps;
    const session = registry.owned(connection, message.session_id);
    if (!session) return refused(notRegistered(message.session_id));
    session.touch(clock.now());
    const { thread_id, user_id } = session.record;
    const { token } = session.granted ?? {};
    const { event } = message;
    const claim = { thread_id, user_id: user_id ?? undefined, token, event };
    const allowed = await ask(this.#deps, connection, 'publish', claim);
    if (!allowed.ok) return allowed;
    // The token may name another user by now; the session keeps its own.
    if (allowed.value.user_id !== user_id) return refused(notRegistered(message.session_id));
    const closed = closedFor();
    return closed ? refused(closed) : this.#take(connection, message, session, allowed.value);
  }

  async #take(
    connection: Connection,
    message: ThreadSend,
    session: Session,
    { owner }: Caller,
  ): Promise<Result<ThreadSent>> {
    const { event, data, message_id, ephemeral } = message;
    const { thread_id } = session.record;
    if (ephemeral) {
      this.#deps.registry.publishEphemeral({ thread_id, event, data }, session);
      return ok({ ok: true });
    }
    try {
      const { logs } = this.#deps.store;
      const options = { message_id, user_id: owner };
      return ok({ ok: true, offset: await publish(logs, thread_id, event, data, options) });
    } catch (error) {
      if (error instanceof ServerError && error.code === 'ERR_PUBLISH') {
        return refused(fault('too_large', error.message, { field: 'data' }));
      }
      connection.logger.error({ err: asError(error) }, 'The store cannot take an event');
      return refused(unavailableFault);
    }
  }
}

const tooManyFault = fault(
  'limit_reached',
  `A connection has at most ${LIMITS.maxSendsPerConnection} events under way. Wait for their answers.`,
  { retry_after_ms: 1_000 },
);
