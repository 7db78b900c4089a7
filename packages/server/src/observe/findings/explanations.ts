/**
 * Gathers what is known of a session, a thread or a user from all nodes, and has it explained:
 *
 *     views, trace, replies, nodes ──► facts ──► rules ──► findings
 */

import type { SessionServer } from '../../session-server.js';
import type { TraceSubject } from '../session-trace/detail.js';
import type { TraceLine } from '../session-trace/line.js';
import type { TraceAnswer } from '../session-trace/trace-query.js';
import { StoreQuestions } from '../store-questions.js';
import type { RunPages, RunView } from '../views/run-pages.js';
import type { SessionLookup, SessionWithConnection } from '../views/session-lookup.js';
import type { Facts, Finding } from './facts.js';
import { findingsOf } from './findings.js';
import { textOf } from './lines.js';
import { NodeFactsView } from './node-facts.js';
import { runsIn } from './runs-in-lines.js';
import { isQuiet } from './silence.js';

/** The newest lines: an hour and more of a session that is not watched in detail. */
const LINES = 2_000;
/** The newest replies of a thread. */
const RUNS = 20;

export interface Explanation {
  /** Most important first; empty for what is healthy. */
  readonly findings: readonly Finding[];
  /** Nodes whose part is missing, and why. */
  readonly missing: TraceAnswer['missing'];
  /** Nodes that live and did not answer about the session or its replies. */
  readonly unreachable: readonly string[];
}

export class Explanations {
  readonly #sessions: SessionServer;
  readonly #lookup: SessionLookup;
  readonly #runs: RunPages;
  readonly #nodes: NodeFactsView;

  constructor(sessions: SessionServer, lookup: SessionLookup, runs: RunPages) {
    this.#sessions = sessions;
    this.#lookup = lookup;
    this.#runs = runs;
    this.#nodes = new NodeFactsView(sessions);
  }

  /**
   * Undefined for a session that there is not, and of which no line is kept.
   *
   * @throws what the store throws, if all that is known of the session is in a store that does not answer
   */
  async of(subject: TraceSubject): Promise<Explanation | undefined> {
    const { sessionTrace, clock } = this.#sessions.internals;
    const store = new StoreQuestions(clock);
    const [found, trace] = await Promise.all([
      'session_id' in subject ? store.ask(() => this.#lookup.find(subject.session_id)) : undefined,
      sessionTrace.ask(subject, { limit: LINES }, store),
    ]);
    const { lines, missing } = trace;
    if ('session_id' in subject && !found && !lines.some(isAbout(subject.session_id))) {
      store.throwIfSilent();
      return undefined;
    }
    const thread_id = threadOf(subject, found, lines);
    const recorded =
      thread_id === undefined
        ? runsIn(lines)
        : ((await store.ask(() => this.#runsOf(thread_id))) ?? []);
    const { session, connection } = found ?? {};
    const { runs, unreachable, ...known } = await this.#nodes.of({
      node: session?.node,
      quiet: isQuiet(session, clock.wall()) ? session : undefined,
      runs: recorded,
      // A node that has just gone is waited for once.
      silent: missing.map(({ node }) => node),
    });
    const findings = findingsOf({
      ...known,
      now: clock.wall(),
      session,
      connection: connection ?? undefined,
      storeSilentMs: store.silentMs,
      clockOffsetsMs: offsetsIn(trace),
      runs: runs.map((run) => ({ ...run, error: errorOf(lines, run.run_id) })),
      lines,
    });
    return {
      findings,
      missing,
      unreachable: [...new Set([...(found?.unreachable ?? []), ...unreachable])],
    };
  }

  async #runsOf(thread_id: string): Promise<readonly RunView[]> {
    const { runs } = await this.#runs.ofThread(thread_id, { after: '', limit: RUNS });
    return runs;
  }
}

const isAbout =
  (session_id: string) =>
  ({ session_id: id, connection }: TraceLine): boolean =>
    id === session_id || connection === session_id;

/** A user has many threads: its replies are those in its lines. */
function threadOf(
  subject: TraceSubject,
  found: SessionWithConnection | undefined,
  lines: readonly TraceLine[],
): string | undefined {
  if ('thread_id' in subject) return subject.thread_id;
  if ('user_id' in subject) return undefined;
  const line = lines.findLast(({ thread_id }) => typeof thread_id === 'string');
  return found?.session.thread_id ?? (line && textOf(line, 'thread_id'));
}

/** By how much a clock is surely off: half of the round trip may be an error. */
const offsetsIn = ({ nodes }: TraceAnswer): Facts['clockOffsetsMs'] =>
  Object.fromEntries(
    nodes.map(({ node, clock_offset_ms: ms, round_trip_ms }) => [
      node,
      Math.sign(ms) * Math.max(0, Math.abs(ms) - round_trip_ms / 2),
    ]),
  );

function errorOf(lines: readonly TraceLine[], run_id: string): string | null {
  const line = lines.findLast((each) => each.step === 'run_finished' && each.run_id === run_id);
  return line && typeof line.code === 'string' ? line.code : null;
}
