/**
 * A backend that speaks v1: it has answered the registration without `protocol: 2`. There is no cursor
 * and no frame; the app's events come by themselves, at least once after a cut. What the monitor can do
 * is to keep the session alive, to register again, and to ask for what was missed.
 *
 * The dialect is decided anew on each connection. A v2 cursor is kept for the next v2 backend.
 */

import type { Effect, Notice } from './effects.js';
import type { Event } from './events.js';
import { pinged, pongTimeoutMs, relinked } from './heartbeat.js';
import { notifyAll } from './moves.js';
import { isFollowing, type State } from './state.js';
import {
  andThen,
  clearTimers,
  next,
  type Step,
  setTimer,
  unchanged,
  withEffects,
} from './transition.js';

type Of<T extends Event['type']> = Extract<Event, { type: T }>;

/** The backend has registered the session, and speaks v1. */
export function onV1Registered(state: State, event: Of<'v1_registered'>): Step {
  if (event.thread_id !== undefined && event.thread_id !== state.thread_id) return unchanged(state);
  if (event.attempt !== undefined && event.attempt !== state.attempt) return unchanged(state);
  const session_id = event.session_id ?? state.v1?.session_id ?? null;
  // The second answer to one registration: an acknowledgement and an event.
  if (state.v1) return next(state, { v1: { ...state.v1, session_id } });
  if (state.phase !== 'registering') return unchanged(state);
  const live = next(
    state,
    {
      phase: 'live',
      session: null,
      v1: { session_id, ponged: false },
      v1Before: true,
      unanswered: 0,
      refusals: 0,
      silences: 0,
      heartbeat: relinked(state.heartbeat, event.now),
    },
    clearTimers('register'),
  );
  const asked = state.v1Before ? withEffects(live, [requestMissed(state)]) : live;
  return withEffects(
    andThen(asked, (registered) => pingV1(registered, event.now)),
    notifyAll(downgrade(state)),
  );
}

const requestMissed = ({ thread_id }: State): Effect => ({
  type: 'request_missed',
  message: { thread_id: thread_id ?? '' },
});

function downgrade({ inbox }: State): readonly Notice[] {
  if (!inbox) return [];
  const { epoch, offset } = inbox;
  const message =
    'The backend speaks v1: exactly-once is not available. The cursor is kept for one that speaks v2.';
  return [{ name: 'protocol_downgrade', payload: { epoch, offset, message } }];
}

/** A ping without a position; any acknowledgement is its pong. */
export function pingV1(state: State, now: number): Step {
  const heartbeat = pinged(state.heartbeat, now);
  return next(state, { heartbeat }, [
    { type: 'send_v1_ping', sequence: heartbeat.sequence, thread_id: state.thread_id ?? '' },
    ...clearTimers('ping'),
    setTimer('pong', pongTimeoutMs(heartbeat)),
  ]);
}

export function onMissedMessages(state: State, event: Of<'missed_messages'>): Step {
  if (!state.v1 || !isFollowing(state)) return unchanged(state);
  const { thread_id, messages } = event.missed;
  if (thread_id !== undefined && thread_id !== state.thread_id) return unchanged(state);
  return withEffects(unchanged(state), [{ type: 'hand_on', messages }]);
}
