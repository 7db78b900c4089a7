/** Handles `thread_send`: publishes a client's events to its thread, in order. */

import {
  fault,
  LIMITS,
  ok,
  type Result,
  refused,
  type ThreadSend,
} from '@session-monitor/protocol';
import { notRegistered, V2_MESSAGES } from '@session-monitor/protocol/rules';
import type { Caller } from '../access/authorize.js';
import type { TraceOrigin } from '../observe/tracing/server-tracing.js';
import { storeFault } from '../sessions/faults.js';
import type { Session } from '../sessions/session.js';
import { beginPublish } from '../threads/client-events.js';
import type { Connection } from './connection.js';
import { type Answer, ask, type DialectDeps, type Handler, spenderOf } from './dialect.js';

export const threadSend: Handler<ThreadSend> = {
  ...V2_MESSAGES.thread_send,
  async handle(message, connection, deps) {
    const { sends, sendOrder } = deps;
    if (sends.of(connection) >= LIMITS.maxSendsPerConnection) return refused(tooManyFault);
    const origin = deps.tracing?.heard();
    return sends.run(connection, async () => {
      // Events keep their order by being begun one after another; none waits until the one before it is durable.
      const begun = await sendOrder.run([message.session_id], () =>
        admitEvent(deps, connection, message, origin),
      );
      return begun.ok ? begun.value.answer : begun;
    });
  },
};

/** An event whose place in the order is taken. */
interface Begun {
  /** Never rejects. */
  readonly answer: Promise<Result<Answer>>;
}

async function admitEvent(
  deps: DialectDeps,
  connection: Connection,
  message: ThreadSend,
  origin: TraceOrigin | undefined,
): Promise<Result<Begun>> {
  const { registry, closedFor, clock } = deps;
  const session = registry.owned(connection, message.session_id);
  if (!session) return refused(notRegistered(message.session_id));
  session.touch(clock.now());
  const { thread_id, user_id } = session.record;
  const { token } = session.granted ?? {};
  const { event } = message;
  const { session_id } = message;
  const claim = { session_id, thread_id, user_id: user_id ?? undefined, token, event };
  const allowed = await ask(deps, connection, 'publish', claim);
  if (!allowed.ok) return allowed;
  // The token may name another user by now; the session keeps its own.
  if (allowed.value.user_id !== user_id) return refused(notRegistered(message.session_id));
  const closed = closedFor();
  const caller = allowed.value;
  return closed ? refused(closed) : take(deps, connection, { message, session, caller, origin });
}

/** An event whose sender may send it. */
interface Admitted {
  readonly message: ThreadSend;
  readonly session: Session;
  readonly caller: Caller;
  readonly origin: TraceOrigin | undefined;
}

async function take(
  deps: DialectDeps,
  connection: Connection,
  { message, session, caller, origin }: Admitted,
): Promise<Result<Begun>> {
  const { registry, store, ephemerals, hits, quotas } = deps;
  const { event, data, message_id, ephemeral, session_id } = message;
  const { thread_id } = session.record;
  if (ephemeral) {
    if (!ephemerals.take(session)) {
      hits.add('ephemeralsPerSecond', { connection: connection.id, thread_id });
      return refused(tooManyEphemeralsFault);
    }
    registry.publishEphemeral({ thread_id, event, data }, session);
    return ok({ answer: Promise.resolve(ok({})) });
  }
  const failed = (error: unknown) => refused(storeFault(connection.logger, error, 'publish'));
  try {
    const { owner, user_id } = caller;
    const { address } = connection;
    const sent = { thread_id, event, data, message_id, owner };
    const begun = await beginPublish(store.logs, sent, {
      maxBytes: LIMITS.maxSentEventBytes,
      admit: quotas.admitting(spenderOf(deps, connection, caller)),
      span: origin?.publish({ thread_id, message_id, session_id, user_id, address }),
    });
    return begun.ok ? ok({ answer: begun.value.published.then(answerOf, failed) }) : begun;
  } catch (error) {
    return failed(error);
  }
}

const answerOf = (published: Result<number>): Result<Answer> =>
  published.ok ? ok({ payload: { ok: true, offset: published.value } }) : published;

const tooManyFault = fault(
  'limit_reached',
  `A connection has at most ${LIMITS.maxSendsPerConnection} events under way. Wait for their answers.`,
  { retry_after_ms: 1_000 },
);

const tooManyEphemeralsFault = fault(
  'limit_reached',
  'Too many ephemeral events on this thread. This one is dropped; send fewer.',
  { retry_after_ms: 1_000 },
);
