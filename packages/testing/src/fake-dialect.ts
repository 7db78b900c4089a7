/** Handles the messages of clients: protocol v2, each message parsed as the real server parses it. */

import type { Environment } from '@session-monitor/client';
import {
  CLIENT_EVENTS,
  excessiveBytes,
  type Fault,
  fault,
  isDenial,
  LIMITS,
  ok,
  type RegisterSession,
  type Result,
  refused,
  SERVER_EVENTS,
  type ThreadEphemeral,
  type ThreadResume,
  type ThreadSend,
  wantsToken,
} from '@session-monitor/protocol';
import {
  missingAckFault,
  notRegistered,
  reusedFault,
  V2_MESSAGES,
} from '@session-monitor/protocol/rules';
import { bytesOf } from './checks.js';
import type { FakeConnection } from './fake-connection.js';
import type { FakeRegistry } from './fake-registry.js';
import type { FakeSession } from './fake-session.js';
import type { Refusals } from './refusals.js';

export interface DialectDeps {
  readonly registry: FakeRegistry;
  readonly refusals: Refusals;
  readonly time: Pick<Environment, 'now' | 'wall'>;
  /** Calls back once; returns what stops it. */
  readonly after: (ms: number, fn: () => void) => () => void;
  /** How long a monitor may take to come back with another token. */
  readonly tokenPatienceMs: number;
  readonly append: (thread_id: string, event: string, message_id: string) => number;
  /** Whether another event has this message id. */
  readonly isReused: (thread_id: string, event: string, message_id: string) => boolean;
  readonly publishEphemeral: (ephemeral: ThreadEphemeral, except: FakeSession) => void;
}

type Answered = (answer: unknown) => void;

export class FakeDialect {
  readonly #deps: DialectDeps;
  /** What stops the wait for an instance that was refused for its token. */
  readonly #awaited = new Map<string, () => void>();

  constructor(deps: DialectDeps) {
    this.#deps = deps;
  }

  receive(connection: FakeConnection, event: string, payload: unknown, answered?: Answered): void {
    const isMissingAck = needsAck(event) && answered === undefined;
    const answer = isMissingAck
      ? refused(missingAckFault(event))
      : this.#answer(connection, event, payload);
    if (!answer.ok) return void refuse(connection, answer.fault, answered);
    if (answered) connection.answer(answered, answer.value);
  }

  #answer(connection: FakeConnection, event: string, payload: unknown): Result<object> {
    const { registry, time } = this.#deps;
    switch (event) {
      case CLIENT_EVENTS.registerSession:
        return then(V2_MESSAGES.register_session.parse(payload), (asked) =>
          this.#register(connection, asked),
        );
      case CLIENT_EVENTS.threadResume:
        return then(V2_MESSAGES.thread_resume.parse(payload), (asked) =>
          this.#resume(connection, asked),
        );
      case CLIENT_EVENTS.threadSend:
        return then(V2_MESSAGES.thread_send.parse(payload), (sent) => this.#send(connection, sent));
      case CLIENT_EVENTS.threadAck:
        return then(V2_MESSAGES.thread_ack.parse(payload), (ack) => {
          registry.acknowledge(connection, ack);
          return TAKEN;
        });
      case CLIENT_EVENTS.ping:
        return then(V2_MESSAGES.ping.parse(payload), (ping) => ok(registry.ping(connection, ping)));
      case CLIENT_EVENTS.leaveSession:
        return then(V2_MESSAGES.leave_session.parse(payload), ({ session_id, generation }) => {
          const isIt = ({ names, owner }: FakeSession) =>
            names.session_id === session_id && owner.generation === generation;
          registry.leave(connection, isIt);
          return TAKEN;
        });
      case CLIENT_EVENTS.systemPingResponse:
        return then(V2_MESSAGES.system_ping_response.parse(payload), () => {
          const timestamp = new Date(time.wall()).toISOString();
          return ok({ status: 'acknowledged', timestamp });
        });
      default:
        return refused(fault('unknown_event', `The fake server does not know '${event}'.`));
    }
  }

  #register(connection: FakeConnection, request: RegisterSession): Result<object> {
    const { registry, refusals } = this.#deps;
    const { instance, session_id } = request;
    connection.seats.set(instance, 'asked');
    this.#stopAwaiting(instance);
    const reason = refusals.take('register');
    const granted = reason ? refused(reason) : registry.register(connection, request);
    if (granted.ok) {
      connection.seats.set(instance, 'seated');
      return granted;
    }
    const { code, retryable } = granted.fault;
    // A client that may no longer follow the thread gets nothing from here on.
    if (isDenial(code)) {
      registry.leave(connection, ({ names }) => names.session_id === session_id);
    }
    if (wantsToken(code)) this.#awaitToken(connection, instance);
    else if (!retryable && code !== 'stale') connection.seats.set(instance, 'turned away');
    return granted;
  }

  /** Most monitors come back with another token. One that does not has failed, and sends no notice of that. */
  #awaitToken(connection: FakeConnection, instance: string): void {
    const { after, tokenPatienceMs } = this.#deps;
    const cancel = after(tokenPatienceMs, () => {
      this.#awaited.delete(instance);
      connection.seats.set(instance, 'turned away');
    });
    this.#awaited.set(instance, cancel);
  }

  #stopAwaiting(instance: string): void {
    this.#awaited.get(instance)?.();
    this.#awaited.delete(instance);
  }

  #resume(connection: FakeConnection, request: ThreadResume): Result<object> {
    const { registry, refusals } = this.#deps;
    const reason = refusals.take('resume');
    if (reason && !reason.retryable) {
      registry.leave(connection, ({ names }) => names.session_id === request.session_id);
    }
    return reason ? refused(reason) : registry.resume(connection, request);
  }

  #send(connection: FakeConnection, message: ThreadSend): Result<object> {
    const { registry, refusals, append, isReused, publishEphemeral, time } = this.#deps;
    const { session_id, event, data, message_id, ephemeral } = message;
    const session = registry.owned(connection, session_id);
    if (!session) return refused(notRegistered(session_id));
    session.heardAt = time.now();
    const reason = refusals.take('send');
    if (reason) return refused(reason);
    const { thread_id } = session.names;
    if (ephemeral) {
      publishEphemeral({ thread_id, event, data }, session);
      return TAKEN;
    }
    const encoded = JSON.stringify([event, data]);
    if (excessiveBytes(encoded, bytesOf, LIMITS.maxSentEventBytes) !== undefined) {
      return refused(tooLarge);
    }
    if (isReused(thread_id, encoded, message_id)) return refused(reusedFault);
    return ok({ ok: true, offset: append(thread_id, encoded, message_id) });
  }
}

/** The answer to messages that need none. */
const TAKEN: Result<object> = ok({ ok: true });

const then = <T>(parsed: Result<T>, handle: (message: T) => Result<object>): Result<object> =>
  parsed.ok ? handle(parsed.value) : parsed;

function refuse(connection: FakeConnection, reason: Fault, answered: Answered | undefined): void {
  if (answered) connection.answer(answered, { ok: false, error: reason });
  else connection.send(SERVER_EVENTS.error, reason);
}

const needsAck = (event: string): boolean =>
  Object.hasOwn(V2_MESSAGES, event) && V2_MESSAGES[event as keyof typeof V2_MESSAGES].needsAck;

const tooLarge = fault('too_large', `An event has at most ${LIMITS.maxEventBytes} bytes.`, {
  field: 'data',
});
