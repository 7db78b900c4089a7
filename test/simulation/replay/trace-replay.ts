/**
 * Replays the decisions of a detailed trace against the real cores, line by line:
 *
 *     considered + register, resume ──► registration, position      frame, pause, acknowledged, sample ──► credit
 *     idle, expire ──► activity
 *
 * What a trace does not say is not decided: a session is followed from where its place is known, and forgotten when its lines
 * are missing.
 */

import type { Window } from '../../../packages/protocol/src/messages.js';
import { judgeActivity } from '../../../packages/server/src/core/activity.js';
import type { TraceLine } from '../../../packages/server/src/observe/session-trace/line.js';
import { CreditReplay } from './credit-replay.js';
import { type Divergence, numberIn } from './divergence.js';
import { checkGrant } from './registration-replay.js';

/** A trace of a thread has its readers; one that has left is forgotten. */
const MAX_SESSIONS = 10_000;
/** Lines were left out before or after these. */
const WITH_HOLES: ReadonlySet<string> = new Set(['detail_on', 'detail_off', 'trace_stopped']);

/** A session on a connection of a process. */
interface Followed {
  readonly credit: CreditReplay;
  /** What its next registration was decided from. */
  considered: TraceLine | undefined;
}

export class TraceReplay {
  /** Decisions that were made again, and agree. */
  decisions = 0;
  readonly #sessions = new Map<string, Followed>();

  /** Takes the next line. Returns what a core decides otherwise. */
  take(line: TraceLine): Divergence | undefined {
    const { session_id, step } = line;
    if (WITH_HOLES.has(step)) this.#sessions.clear();
    if (typeof session_id !== 'string') return undefined;
    if (step === 'idle') return this.#count(checkActivity(line, 'ask'));
    if (step === 'expire') return this.#count(checkActivity(line, 'expire'));
    const key = keyOf(line, session_id);
    const followed = this.#followed(key);
    if (step === 'considered') followed.considered = line;
    else if (step === 'register' || step === 'resume') return this.#onGrant(key, followed, line);
    else {
      const found = this.#count(followed.credit.check(line));
      if (step === 'disconnect') this.#sessions.delete(key);
      return found;
    }
    return undefined;
  }

  #onGrant(key: string, followed: Followed, line: TraceLine): Divergence | undefined {
    const { considered, credit } = followed;
    const from = numberIn(line, 'from');
    if (!considered || from === undefined) {
      // It is not watched: its frames are not here.
      this.#sessions.delete(key);
      return undefined;
    }
    followed.considered = undefined;
    credit[line.step === 'resume' ? 'resume' : 'begin'](from - 1, windowOf(considered));
    return this.#count(checkGrant(considered, line) ?? 'agrees');
  }

  #count(found: Divergence | 'agrees' | undefined): Divergence | undefined {
    if (found !== 'agrees') return found;
    this.decisions += 1;
    return undefined;
  }

  #followed(key: string): Followed {
    const known = this.#sessions.get(key);
    if (known) return known;
    const followed: Followed = { credit: new CreditReplay(), considered: undefined };
    this.#sessions.set(key, followed);
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size > MAX_SESSIONS && oldest !== undefined) this.#sessions.delete(oldest);
    return followed;
  }
}

/** Some lines of a session do not name its connection; one process has it on one at a time. */
const keyOf = ({ node, started_at }: TraceLine, session_id: string): string =>
  `${node} ${started_at} ${session_id}`;

function windowOf(line: TraceLine): Window | undefined {
  const [events, bytes] = [numberIn(line, 'window_events'), numberIn(line, 'window_bytes')];
  return events === undefined || bytes === undefined ? undefined : { events, bytes };
}

/** A session was asked whether it is there, or has expired, because it was silent for so long. */
function checkActivity(line: TraceLine, wanted: 'ask' | 'expire') {
  const [now, afterMs] = [numberIn(line, 'silent_ms'), numberIn(line, 'after_ms')];
  if (now === undefined || afterMs === undefined) return undefined;
  const isAsked = wanted === 'expire';
  const decided = judgeActivity({ lastAt: 0, askedAt: isAsked ? 0 : null }, now, {
    idleAfterMs: isAsked ? 0 : afterMs,
    expireAfterMs: afterMs,
  });
  const what = `what a session gets that was silent for ${now} ms, after ${afterMs} ms,`;
  return decided === wanted ? 'agrees' : { what, traced: wanted, decided };
}
