/**
 * Steps of the last minutes from which a server sees what goes on now, for all of its sessions at once: how connections ended, and
 * what was refused. The trace has them, too, but on the disk. In memory, and bounded.
 */

import type { CountedLimit } from '../../limits.js';
import type { Clock } from '../../util/clock.js';
import type { TraceLine } from '../session-trace/line.js';
import type { Trace } from '../trace.js';
import type { TraceFields, TraceStep } from '../trace-steps.js';
import { numberOf } from './lines.js';

/** Sessions whose ends of connections are remembered: those that were without one last. */
const MAX_SESSIONS = 2_000;
const MAX_ENDS = 5;
/** A connection that lasts for so many times as long as the one before, and some seconds more, does not end as that did. */
const PERIODS = 3;
const SOME_MS = 10_000;
const RECENT_MS = 60_000;
/** So long operators learn that a node was lost, also those that come later. */
const LOST_MS = 5 * 60_000;
/** Of one kind within a minute; there are no more than some dozen kinds. */
const MAX_COUNTED = 1_000;

/** The limit that makes readers wait for their turn, and refuses nothing. */
const DELAYS: CountedLimit = 'catchUpMs';
const REFUSALS: ReadonlySet<string> = new Set<TraceStep>(['register_refused', 'access_refused']);

/** A line of a limit stands for all hits of a while. */
const plusTimes = (sum: number, line: TraceLine): number =>
  sum + Math.max(1, numberOf(line, 'times'));

const isOfSameClient =
  ({ user_id, address }: TraceLine) =>
  (line: TraceLine): boolean =>
    line.user_id === user_id && line.address === address;

/** What happened within the last minute, of one kind. */
export interface RecentKind {
  /** Those of the client that the newest is of, oldest first. */
  readonly lines: readonly TraceLine[];
  readonly newest: TraceLine;
  readonly count: number;
}

export interface RecentStepsDeps {
  readonly node: string;
  readonly clock: Pick<Clock, 'wall'>;
  /** Whether the addresses of clients may be kept. */
  readonly addresses: boolean;
}

export class RecentSteps {
  readonly #deps: RecentStepsDeps;
  /** By session, oldest first; the session that has lost its connection last is at the end. */
  readonly #ends = new Map<string, readonly TraceLine[]>();
  /** By kind, oldest first. */
  readonly #refusals = new Map<string, TraceLine[]>();
  #lost: TraceLine[] = [];

  constructor(deps: RecentStepsDeps) {
    this.#deps = deps;
  }

  /** The same trace. What it writes is remembered. */
  watching(trace: Trace): Trace {
    return (step, fields) => {
      trace(step, fields);
      this.#note(step, fields);
    };
  }

  /** How the last connections of a session ended, oldest first; empty for one whose connection has lasted since. */
  endsOf(session_id: string): readonly TraceLine[] {
    const ends = this.#ends.get(session_id) ?? [];
    const last = ends.at(-1);
    const until = last && last.time + PERIODS * numberOf(last, 'ms') + SOME_MS;
    return until !== undefined && this.#deps.clock.wall() < until ? ends : [];
  }

  /** The nodes that this one has found to be lost of late, oldest first. */
  get lostNodes(): readonly TraceLine[] {
    const since = this.#deps.clock.wall() - LOST_MS;
    this.#lost = this.#lost.filter(({ time }) => time > since);
    return this.#lost;
  }

  /** What was refused within the last minute, by the code of the refusal or the limit. */
  get refusals(): readonly RecentKind[] {
    const since = this.#deps.clock.wall() - RECENT_MS;
    return [...this.#refusals].flatMap(([kind, lines]) => {
      const recent = lines.filter(({ time }) => time > since);
      const newest = recent.at(-1);
      if (newest)
        return {
          lines: recent.filter(isOfSameClient(newest)),
          newest,
          count: recent.reduce(plusTimes, 0),
        };
      this.#refusals.delete(kind);
      return [];
    });
  }

  #note(step: TraceStep, fields: TraceFields): void {
    const { session_id } = fields;
    if (step === 'disconnect' && typeof session_id === 'string') {
      this.#addEnd(session_id, this.#lineOf(step, fields));
    } else if (step === 'limit' && fields.limit !== DELAYS) {
      this.#addRefusal(`limit ${fields.limit}`, this.#lineOf(step, fields));
    } else if (step === 'node_lost') {
      this.#lost.push(this.#lineOf(step, fields));
    } else if (REFUSALS.has(step) && fields.action !== 'administer') {
      // An operator without a token is no client.
      this.#addRefusal(`code ${fields.code}`, this.#lineOf(step, fields));
    }
  }

  #addEnd(session_id: string, line: TraceLine): void {
    const ends = [...(this.#ends.get(session_id) ?? []), line].slice(-MAX_ENDS);
    this.#ends.delete(session_id);
    this.#ends.set(session_id, ends);
    const [oldest] = this.#ends.keys();
    if (this.#ends.size > MAX_SESSIONS && oldest !== undefined) this.#ends.delete(oldest);
  }

  #addRefusal(kind: string, line: TraceLine): void {
    const lines = this.#refusals.get(kind) ?? [];
    lines.push(line);
    if (lines.length > MAX_COUNTED) lines.shift();
    this.#refusals.set(kind, lines);
  }

  #lineOf(step: TraceStep, fields: TraceFields): TraceLine {
    const { node, clock, addresses } = this.#deps;
    const line = { ...fields, time: clock.wall(), seq: 0, node, started_at: 0, step };
    return addresses ? line : { ...line, address: undefined };
  }
}
