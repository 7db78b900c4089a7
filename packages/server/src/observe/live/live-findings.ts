/**
 * What is wrong now with the sessions of this node, from what is in memory: the rules are those of a session's page, which also
 * has the trace. A session is asked first, without an allocation, whether there can be anything: of most there is not.
 *
 *     session ── suspicious? ──► facts ──► rules ──► the finding that comes first
 */

import type { SessionServerInternals } from '../../session-engine.js';
import { nameOf, type Session } from '../../sessions/session.js';
import {
  type Facts,
  type Finding,
  type FindingCode,
  NO_FACTS,
  type RunFacts,
} from '../findings/facts.js';
import { ongoingOf } from '../findings/findings.js';
import { numberOf, textOf } from '../findings/lines.js';
import { clockTime, counted } from '../findings/words.js';
import type { TraceLine } from '../session-trace/line.js';
import { factsOfConnection } from '../views/connection-view.js';
import { detailsOfConnected } from '../views/session-details.js';
import { type FindingPlace, FindingTally } from './finding-tally.js';
import { liveRunFacts } from './live-run-facts.js';

const OF_THREADS: readonly FindingCode[] = ['run_stalled', 'run_waiting'];
const OF_CLIENTS: readonly FindingCode[] = ['token_refused', 'token_expired', 'limit_hit'];
const OF_READERS: readonly FindingCode[] = [
  'page_frozen',
  'half_open_link',
  'acknowledgements_withheld',
  'slow_reader',
];

/** An answer is this late, or a page is not seen. */
const LATE_MS = 5_000;
/** A reader that holds up what is sent is slow after so long. Others acknowledge with their next ping. */
const HELD_UP_MS = 2_000;
/** Less is no period. */
const MANY_ENDS = 3;
/** No rule about replies finds anything before. */
const REPLY_WAITS_MS = 5_000;

type Deps = Pick<
  SessionServerInternals,
  'connections' | 'runs' | 'clock' | 'node' | 'recentSteps' | 'settings'
>;

export class LiveFindings {
  readonly #deps: Deps;
  /** The replies of threads where one waits or stands still for long. */
  #troubled: ReadonlyMap<string, readonly RunFacts[]> = new Map();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Begins to count. Returns what is found about threads, about clients without a session, and about lost nodes. */
  begin(): FindingTally {
    const tally = new FindingTally();
    this.#troubled = this.#troubledThreads();
    for (const [thread_id, runs] of this.#troubled) {
      const finding = ongoingOf(this.#facts({ runs }), OF_THREADS);
      if (finding) tally.add(finding, this.#place({ about: 'thread', thread_id }));
    }
    const { recentSteps } = this.#deps;
    for (const { lines, newest, count } of recentSteps.refusals) {
      const finding = ongoingOf(this.#facts({ lines }), OF_CLIENTS);
      const thread_id = typeof newest.thread_id === 'string' ? newest.thread_id : null;
      if (finding) tally.add(finding, this.#place({ about: 'client', thread_id }), count);
    }
    for (const line of recentSteps.lostNodes) {
      tally.add(lostNode(line), this.#place({ about: 'node', node: textOf(line, 'lost') }));
    }
    return tally;
  }

  /** What holds of a session now; undefined for a healthy one. */
  of(session: Session): Finding | undefined {
    const { clock, connections, recentSteps } = this.#deps;
    const { id, peer, record } = session;
    const runs = this.#troubled.get(record.thread_id);
    const ends = recentSteps.endsOf(id);
    const connection = peer.transport === 'polling' ? connections.get(peer.id) : undefined;
    const isStuck = connection !== undefined && connection.failedUpgrades > 0;
    const isLate = this.#isLate(session);
    const isCut = ends.length >= MANY_ENDS;
    if (!runs && !isStuck && !isLate && !isCut) return undefined;
    const facts = this.#facts({
      session: detailsOfConnected(session, clock),
      connection: connection && factsOfConnection(connection, true, clock),
      runs: runs ?? [],
      lines: [...ends, ...this.#question(session)],
    });
    return ongoingOf(facts, [
      ...(isCut ? (['steady_cuts'] as const) : []),
      ...(isStuck ? (['stuck_on_polling'] as const) : []),
      ...(isLate ? OF_READERS : []),
      ...(runs ? OF_THREADS : []),
    ]);
  }

  /** Where the finding of a session is counted: one about its thread is counted with that. */
  placeOf({ code }: Finding, session: Session): FindingPlace | undefined {
    if (OF_THREADS.includes(code)) return undefined;
    const { thread_id } = session.record;
    return this.#place({ about: 'session', session_id: nameOf(session), thread_id });
  }

  /** Whether a client owes an answer or an acknowledgement. A healthy one gives it with its next ping at the latest. */
  #isLate({ pump, activity: { askedAt } }: Session): boolean {
    const { clock, settings } = this.#deps;
    const { oldestSentAt, waiting } = pump;
    const now = clock.now();
    if (askedAt !== null && now - askedAt >= LATE_MS) return true;
    if (oldestSentAt === undefined) return false;
    const isHeldUp = waiting === 'credit' || waiting === 'transport';
    return now - oldestSentAt >= (isHeldUp ? HELD_UP_MS : settings.pingIntervalMs + LATE_MS);
  }

  /** The step of the trace that says that the client was asked, and has not answered. */
  #question({ activity, record }: Session): readonly TraceLine[] {
    const { clock, node } = this.#deps;
    if (activity.askedAt === null) return [];
    const time = clock.wall() - (clock.now() - activity.askedAt);
    const { session_id } = record;
    return [{ time, seq: 0, node, started_at: 0, step: 'idle', session_id }];
  }

  #troubledThreads(): ReadonlyMap<string, readonly RunFacts[]> {
    const { runs, clock } = this.#deps;
    const now = clock.wall();
    const troubled = new Map<string, RunFacts[]>();
    for (const { record, isProducing, lastPartAt } of runs.liveRuns) {
      if (!record) continue;
      const since = isProducing ? (lastPartAt ?? record.started_at) : record.started_at;
      if (now - since >= REPLY_WAITS_MS) troubled.set(record.thread_id, []);
    }
    if (troubled.size === 0) return troubled;
    for (const run of runs.liveRuns) {
      const facts = liveRunFacts(run);
      if (facts) troubled.get(run.request.thread_id)?.push(facts);
    }
    return troubled;
  }

  #place(place: Pick<FindingPlace, 'about'> & Partial<FindingPlace>): FindingPlace {
    return { node: this.#deps.node, session_id: null, thread_id: null, ...place };
  }

  #facts(known: Partial<Facts>): Facts {
    const { clock, settings } = this.#deps;
    return { now: clock.wall(), ...NO_FACTS, pingIntervalMs: settings.pingIntervalMs, ...known };
  }
}

/** A session's page says the same if it was there; this is for all of them. */
const lostNode = (line: TraceLine): Finding => ({
  code: 'node_lost',
  at: new Date(line.time).toISOString(),
  ongoing: true,
  title: `The node ${textOf(line, 'lost')} was lost.`,
  evidence: [
    `Node ${line.node} noticed it at ${clockTime(line.time)}, and took over ${counted(numberOf(line, 'sessions'), 'session')} and ${counted(numberOf(line, 'runs'), 'reply', 'replies')}.`,
  ],
  next: 'Look at its machine and its log: was the process killed, frozen, or cut off from Redis?',
});
