/**
 * Bounds what one connection may ask of `authorize`. The hook may be slow, and a stranger may ask as often as a socket
 * takes messages: questions are counted before they are asked, and a connection that is refused again and again is closed.
 */

import { fault, isDenial, LIMITS } from '@session-monitor/protocol';
import type { Permission } from '../access/authorize.js';
import type { ServerLimits } from '../limits.js';
import type { LimitHits } from '../observe/limit-hits.js';
import type { Clock } from '../util/clock.js';
import type { Connection } from './connection.js';

/** A page may register all its threads at once. Each holds its message, with its token, while it waits. */
const MAX_WAITING = LIMITS.maxSessionsPerConnection;
const MAX_WAITING_CHARACTERS = 512 * 1024;
const MINUTE_MS = 60_000;
const RETRY_MS = 1_000;

export interface AskingDeps {
  readonly limits: Pick<ServerLimits, 'authorizeCalls' | 'refusalsPerMinute'>;
  readonly hits: LimitHits;
  readonly clock: Pick<Clock, 'now' | 'after'>;
}

interface Questions {
  underWay: number;
  /** Characters of the tokens that wait or are being asked about. */
  characters: number;
  readonly waiting: (() => void)[];
}

interface Refusals {
  count: number;
  /** When the first of them came, in monotonic milliseconds. */
  readonly since: number;
}

export class Asking {
  readonly #deps: AskingDeps;
  /** Connections with questions under way. */
  readonly #questions = new Map<Connection, Questions>();
  readonly #refusals = new WeakMap<Connection, Refusals>();

  constructor(deps: AskingDeps) {
    this.#deps = deps;
  }

  /** Whether the connection waits for an answer. */
  isAsking(connection: Connection): boolean {
    return this.#questions.has(connection);
  }

  /** Whether the connection was refused within the last minute. */
  wasRefused(connection: Connection): boolean {
    return this.#refusedBy(connection) > 0;
  }

  /** Asks when it is the question's turn. Refuses a connection that asks for too much, or was refused too often. */
  async ask(
    connection: Connection,
    token: string | undefined,
    question: () => Promise<Permission>,
  ): Promise<Permission> {
    if (this.#isFull(connection)) return this.#turnAway(connection, 'authorizeCalls');
    const questions = this.#of(connection);
    const characters = token?.length ?? 0;
    questions.characters += characters;
    await this.#turn(questions);
    try {
      // It may have been refused while the question waited.
      if (this.#isBlocked(connection)) return this.#turnAway(connection, 'refusalsPerMinute');
      const permission = await question();
      // Before the next question's turn.
      if (!permission.granted && isDenial(permission.fault.code)) this.#count(connection);
      return permission;
    } finally {
      questions.characters -= characters;
      this.#next(connection, questions);
    }
  }

  #isFull(connection: Connection): boolean {
    const { waiting = [], characters = 0 } = this.#questions.get(connection) ?? {};
    return waiting.length >= MAX_WAITING || characters >= MAX_WAITING_CHARACTERS;
  }

  #isBlocked(connection: Connection): boolean {
    return this.#refusedBy(connection) >= this.#deps.limits.refusalsPerMinute;
  }

  #turnAway(connection: Connection, limit: keyof AskingDeps['limits']): Permission {
    this.#deps.hits.add(limit, whoIs(connection));
    return { granted: false, fault: tooManyFault };
  }

  /** Counts a refusal. Closes the connection after too many, once the sender has its answer. */
  #count(connection: Connection): void {
    const { limits, hits, clock } = this.#deps;
    const count = this.#refusedBy(connection) + 1;
    const since = count === 1 ? clock.now() : this.#refusals.get(connection)?.since;
    this.#refusals.set(connection, { count, since: since ?? clock.now() });
    if (count !== limits.refusalsPerMinute) return;
    hits.add('refusalsPerMinute', whoIs(connection));
    clock.after(0, () => connection.drop());
  }

  /** How often the connection was refused within the minute of the first time. */
  #refusedBy(connection: Connection): number {
    const refusals = this.#refusals.get(connection);
    if (!refusals || this.#deps.clock.now() - refusals.since >= MINUTE_MS) return 0;
    return refusals.count;
  }

  #of(connection: Connection): Questions {
    const known = this.#questions.get(connection);
    if (known) return known;
    const questions: Questions = { underWay: 0, characters: 0, waiting: [] };
    this.#questions.set(connection, questions);
    return questions;
  }

  #turn(questions: Questions): Promise<void> | undefined {
    if (questions.underWay < this.#deps.limits.authorizeCalls) {
      questions.underWay += 1;
      return undefined;
    }
    const { waiting } = questions;
    return new Promise((resolve) => waiting.push(resolve));
  }

  #next(connection: Connection, questions: Questions): void {
    const next = questions.waiting.shift();
    if (next) next();
    else {
      questions.underWay -= 1;
      if (questions.underWay === 0) this.#questions.delete(connection);
    }
  }
}

const whoIs = ({ id, address }: Connection) => ({ connection: id, address });

const tooManyFault = fault(
  'limit_reached',
  'This connection asks for too much at once, or was refused too often. Wait before you try again.',
  { retry_after_ms: RETRY_MS },
);
