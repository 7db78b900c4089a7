/**
 * Which lines are about a session, a thread or a user. They are looked at from the newest to the oldest: a line that names
 * the session tells its connections and its thread, and the lines of those that are older belong to it, too. Pure.
 */

import { NODE_STEPS, type TraceStep } from '../trace-steps.js';
import type { TraceSubject } from './detail.js';
import { comparedText } from './line.js';
import { idIn, KEYS, keyOf, toRaw } from './raw-line.js';

/** The most connections, sessions and replies that one question is about. */
const MAX_IDS = 10_000;

/** Their lines name a session that may be another one's: what a client claims, and what a copied tab had. */
const NAMES_OTHERS: ReadonlySet<string> = new Set<TraceStep>([
  'register_refused',
  'access_refused',
  'fork',
]);

/** Why a line is taken: for what is asked about, or because it is about the whole node. */
export type Taken = 'subject' | 'node' | undefined;

export class Selection {
  readonly #sessions = new Set<string>();
  readonly #connections = new Set<string>();
  readonly #runs = new Set<string>();
  /** The name under which a session was asked for. */
  readonly #name: string | undefined;
  readonly #isNamed: (raw: string, session: string | undefined) => boolean;
  #thread: string | undefined;

  /**
   * @param thread_id the thread of a session that is asked about, if it is known
   * @param connections those that it has now: no later line may have named them yet
   */
  constructor(subject: TraceSubject, thread_id?: string, connections: readonly string[] = []) {
    for (const connection of connections) add(this.#connections, connection);
    this.#thread = 'thread_id' in subject ? subject.thread_id : thread_id;
    if ('session_id' in subject) {
      this.#name = subject.session_id;
      this.#sessions.add(subject.session_id);
    }
    const isSession = (_raw: string, session: string | undefined) =>
      session !== undefined && this.#sessions.has(session);
    if ('user_id' in subject) {
      const user = toRaw(
        `${keyOf('user_id').slice(0, -1)}${JSON.stringify(comparedText(subject.user_id))}`,
      );
      this.#isNamed = (raw, session) => raw.includes(user) || isSession(raw, session);
    } else if ('thread_id' in subject) {
      this.#isNamed = (raw) => idIn(raw, KEYS.thread_id) === subject.thread_id;
    } else this.#isNamed = isSession;
  }

  /** The thread of the session that is asked about, as far as lines have told it. */
  get thread(): string | undefined {
    return this.#thread;
  }

  /** @param raw a line as it stands in a file */
  take(raw: string): Taken {
    const session = idIn(raw, KEYS.session_id);
    if (this.#isNamed(raw, session) || this.#goesByItsConnection(raw, session)) {
      this.#follow(raw, session);
      return 'subject';
    }
    // Most lines are of other sessions.
    if (session !== undefined) return undefined;
    const connection = idIn(raw, KEYS.connection);
    if (connection !== undefined) return this.#connections.has(connection) ? 'subject' : undefined;
    const run = idIn(raw, KEYS.run_id);
    if (run !== undefined && this.#runs.has(run)) return 'subject';
    const thread = idIn(raw, KEYS.thread_id);
    if (thread !== undefined) return thread === this.#thread ? 'subject' : undefined;
    return NODE_STEPS.has(idIn(raw, KEYS.step) ?? '') ? 'node' : undefined;
  }

  /** A v1 session is known by the name of its connection. A fork names the session that it is not. */
  #goesByItsConnection(raw: string, session: string | undefined): boolean {
    if (this.#name === undefined || session === undefined || !raw.includes(this.#name))
      return false;
    return idIn(raw, KEYS.connection) === this.#name || idIn(raw, KEYS.of) === this.#name;
  }

  #follow(raw: string, session: string | undefined): void {
    if (NAMES_OTHERS.has(idIn(raw, KEYS.step) ?? '')) return;
    add(this.#sessions, session);
    add(this.#connections, idIn(raw, KEYS.connection));
    add(this.#runs, idIn(raw, KEYS.run_id));
    if (this.#name !== undefined) this.#thread ??= idIn(raw, KEYS.thread_id);
  }
}

function add(ids: Set<string>, id: string | undefined): void {
  if (id !== undefined && ids.size < MAX_IDS) ids.add(id);
}
