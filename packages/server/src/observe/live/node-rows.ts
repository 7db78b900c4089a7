/**
 * The sessions of this node as rows. They are looked through again and again while something reads them; between looks, and
 * without a reader, they cost nothing.
 *
 *     registry, connections ──► pass, in parts of a millisecond ──► rows that have changed ──► feeds
 */

import type { SessionServerInternals } from '../../session-engine.js';
import type { Session } from '../../sessions/session.js';
import type { Cancel } from '../../util/clock.js';
import { PacedWork, type Steps } from '../../util/paced-work.js';
import type { FindingCode } from '../findings/facts.js';
import { ChangeFeed, type Changes } from './change-feed.js';
import type { OngoingFinding } from './finding-tally.js';
import { LiveFindings } from './live-findings.js';
import { isAsShown, type NamedRow, rowOfSession } from './session-row.js';

/** From the end of a pass to the next. */
const REST_MS = 800;
/** Of the time, for the passes. The first one of a reader is not held back. */
const SHARE = 0.03;

type Deps = Pick<
  SessionServerInternals,
  'registry' | 'connections' | 'clock' | 'runs' | 'node' | 'recentSteps' | 'settings'
>;

/** How many there are of each kind. */
export type Tally = Readonly<Record<string, number>>;

interface Known {
  readonly session: Session;
  readonly named: NamedRow;
  /** The session's last activity as the row has it, in monotonic milliseconds. */
  readonly lastAt: number;
}

/** The passes that are under way. */
interface Passes {
  readonly work: PacedWork;
  /** Resolves after the first one. */
  readonly started: Promise<void>;
  /** Cancels the next one. */
  cancel: Cancel;
}

/** A reader's end of it. */
export interface RowReader {
  /** Resolves when it has seen all sessions once. */
  readonly started: Promise<void>;
  take(limit: number): Changes;
  end(): void;
}

export class NodeRows {
  readonly #deps: Deps;
  readonly #explain: LiveFindings;
  readonly #known = new Map<string, Known>();
  readonly #feeds = new Set<ChangeFeed>();
  /** Present while there are readers. */
  #passes: Passes | undefined;
  #sessions: Tally = {};
  #connections: Tally = {};
  #findings: readonly OngoingFinding[] = [];

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#explain = new LiveFindings(deps);
  }

  /** Sessions by status, as of the newest pass. */
  get sessions(): Tally {
    return this.#sessions;
  }

  /** Connections by transport, as of the newest pass. */
  get connections(): Tally {
    return this.#connections;
  }

  /** What is found about sessions, threads and clients, as of the newest pass. */
  get findings(): readonly OngoingFinding[] {
    return this.#findings;
  }

  read(): RowReader {
    const feed = new ChangeFeed(this.#known.keys(), (id) => this.#known.get(id)?.named);
    this.#feeds.add(feed);
    this.#passes ??= this.#begin();
    return {
      started: this.#passes.started,
      take: (limit) => feed.take(limit),
      end: () => {
        this.#feeds.delete(feed);
        if (this.#feeds.size === 0) this.#stop();
      },
    };
  }

  #begin(): Passes {
    const work = new PacedWork(this.#deps.clock);
    const started = work.run(this.#pass(), 1).then(() => this.#next(work));
    return { work, started, cancel: () => {} };
  }

  #next(work: PacedWork): void {
    const passes = this.#passes;
    if (passes?.work !== work) return;
    passes.cancel = this.#deps.clock.after(REST_MS, () => {
      void work.run(this.#pass(), SHARE).then(() => this.#next(work));
    });
  }

  #stop(): void {
    this.#passes?.work.stop();
    this.#passes?.cancel();
    this.#passes = undefined;
    this.#known.clear();
    this.#sessions = {};
    this.#connections = {};
    this.#findings = [];
  }

  *#pass(): Steps<void> {
    const { registry, connections } = this.#deps;
    const sessions = new Map<string, number>();
    const tally = this.#explain.begin();
    for (const session of registry.connected()) {
      const known = this.#known.get(session.id);
      const finding = this.#explain.of(session);
      const place = finding && this.#explain.placeOf(finding, session);
      if (finding && place) tally.add(finding, place);
      const code = finding?.code ?? null;
      if (!known || !isKnown(known, session, code)) this.#show(session, code);
      count(sessions, this.#known.get(session.id)?.named.row.status);
      yield;
    }
    for (const [id, { session }] of this.#known) {
      if (registry.get(id) !== session) this.#hide(id);
      yield;
    }
    const transports = new Map<string, number>();
    for (const { transport } of connections.values()) {
      count(transports, transport);
      yield;
    }
    this.#sessions = Object.fromEntries(sessions);
    this.#connections = Object.fromEntries(transports);
    this.#findings = tally.all;
  }

  #show(session: Session, finding: FindingCode | null): void {
    const { id, record, activity } = session;
    const row = rowOfSession(session, finding, this.#deps.clock);
    const named = { id, generation: record.generation, row };
    this.#known.set(id, { session, named, lastAt: activity.lastAt });
    this.#mark(id);
  }

  #hide(id: string): void {
    this.#known.delete(id);
    this.#mark(id);
  }

  #mark(id: string): void {
    for (const feed of this.#feeds) feed.mark(id);
  }
}

const isKnown = (
  { session, named, lastAt }: Known,
  now: Session,
  finding: FindingCode | null,
): boolean =>
  session === now &&
  named.generation === now.record.generation &&
  named.row.finding === finding &&
  isAsShown(now, named.row, lastAt);

function count(tally: Map<string, number>, kind: string | undefined): void {
  if (kind !== undefined) tally.set(kind, (tally.get(kind) ?? 0) + 1);
}
