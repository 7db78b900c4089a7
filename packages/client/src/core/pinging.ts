/** The heartbeat: pings, pongs and their absence. */

import type { Pong } from '@session-monitor/protocol';
import type { Of } from './events.js';
import { heard, MISSED_PONGS_TO_RECONNECT, ponged, pongTimeoutMs } from './heartbeat.js';
import { askAgain, giveUpLink, ping, register } from './moves.js';
import { pingIntervalMs, type State } from './state.js';
import { andThen, clearTimers, next, type Step, setTimer, unchanged } from './transition.js';

/** Pongs in a row that must say the same before a pump is taken for stuck. */
const STALLED_PONGS = 2;

/** The server asks whether the client is still there: answers, and sends the position with a ping. */
export function onSystemPing(state: State, { now, timestamp }: Of<'system_ping'>): Step {
  const { thread_id } = state;
  if (thread_id === null) return unchanged(state);
  const answered = unchanged(state, [{ type: 'send_system_ping_response', thread_id, timestamp }]);
  return andThen(answered, (answering) => ping(answering, now));
}

export function onPong(state: State, { sequence, pong, now }: Of<'pong'>): Step {
  const newest = sequence === state.heartbeat.sequence;
  const alive = next(
    state,
    {
      phase: pong?.degraded ? 'degraded' : 'live',
      heartbeat: ponged(state.heartbeat, sequence, now),
      v1: state.v1 && { ...state.v1, ponged: true },
    },
    newest ? [...clearTimers('pong'), setTimer('ping', pingIntervalMs(state))] : [],
  );
  return pong ? andThen(alive, (live) => compare(live, pong)) : alive;
}

/** Compares the server's position with ours. */
function compare(state: State, pong: Pong): Step {
  const { session, inbox } = state;
  if (!session || !inbox || pong.session_id !== session.id) return unchanged(state);
  // Another client owns the session now: go on in a new one, at our own cursor (I6: never fight).
  // mutant: a-former-owner-never-finds-out
  if (!pong.owner) return register({ ...state, session: null, saved: null });
  // mutant: a-lost-reset-is-not-missed
  if (pong.epoch !== undefined && pong.epoch !== inbox.epoch) {
    return askAgain(state, `the log is ${pong.epoch} now, no reset was received`);
  }
  const known = next(state, { head: Math.max(state.head, pong.head) });
  // Frames and pongs arrive in order. More is sent: frames are lost. Less is sent: the log has lost events, and the reset.
  // mutant: what-was-sent-is-not-missed, a-lost-reset-of-the-same-log-is-not-missed
  if (inbox.offset !== pong.sent) {
    return andThen(known, (other) =>
      askAgain(other, `offset ${pong.sent} was sent last, not ${inbox.offset}`),
    );
  }
  // The server cannot read the log just now: another connection would not help.
  if (pong.degraded) return known;
  const waits = pong.head > pong.sent && pong.waiting === null;
  const pongs = !waits ? 0 : state.stalled.offset === inbox.offset ? state.stalled.pongs + 1 : 1;
  const noted = next(known.state, { stalled: { offset: inbox.offset, pongs } });
  if (pongs < STALLED_PONGS) return noted;
  return andThen(noted, (stuck) => askAgain(stuck, `offset ${pong.head} exists, nothing is sent`));
}

/** A pong is late: ask again at once; the second time the link is dead. */
export function onPongTimer(state: State, { now }: Of<'timer'>): Step {
  const { heartbeat } = state;
  const { sentAt, heardAt } = heartbeat;
  if (sentAt !== null && heardAt > sentAt) {
    // Frames still arrive: the pong is stuck behind them, not lost.
    const patient = { ...heard(heartbeat, heardAt), sentAt: now };
    return next(state, { heartbeat: patient }, [setTimer('pong', pongTimeoutMs(heartbeat))]);
  }
  // A v1 backend that does not know pings is not dead.
  if (state.v1?.ponged === false) {
    return unchanged(state, [setTimer('ping', pingIntervalMs(state))]);
  }
  const missed = heartbeat.missed + 1;
  // mutant: no-pong-is-missed
  if (missed >= MISSED_PONGS_TO_RECONNECT) return giveUpLink(state);
  const late = next(state, { phase: 'degraded', heartbeat: { ...heartbeat, missed } });
  return andThen(late, (degraded) => ping(degraded, now));
}
