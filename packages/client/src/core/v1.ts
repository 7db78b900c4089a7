/**
 * A backend that speaks v1: it has answered the registration without `protocol: 2`. There is no cursor
 * and no frame; the app's events come by themselves, at least once after a cut. What the monitor can do
 * is to keep the session alive, to register again, and to ask for what was missed.
 *
 * Each connection decides the dialect again. A v2 cursor is kept for the next v2 backend.
 *
 * A follower that connects to v2 servers only leaves these rules out.
 */

import type { Effect } from './effects.js';
import type { Of } from './events.js';
import { notify, ping, registeredAt } from './moves.js';
import { isFollowing, type State } from './state.js';
import { only, type Rules, type V1EventType } from './step.js';
import { andThen, clearTimers, next, type Step, unchanged, withEffects } from './transition.js';

export const V1_RULES: Pick<Rules, V1EventType> = {
  v1_registered: onV1Registered,
  missed_messages: only(isFollowing, onMissedMessages),
};

/** The backend has registered the session, and speaks v1. */
function onV1Registered(state: State, event: Of<'v1_registered'>): Step {
  const { now, thread_id = state.thread_id, attempt = state.attempt } = event;
  if (thread_id !== state.thread_id || attempt !== state.attempt) return unchanged(state);
  const { session_id = state.v1?.session_id ?? null } = event;
  // The second answer to one registration: an acknowledgement and an event.
  if (state.v1) return next(state, { v1: { ...state.v1, session_id } });
  if (state.phase !== 'registering') return unchanged(state);
  const v1 = { session_id, ponged: false };
  const live = next(registeredAt(state, now), { session: null, v1, v1Before: true }, [
    ...clearTimers('register'),
    ...(state.v1Before ? [requestMissed(state)] : []),
  ]);
  return withEffects(
    andThen(live, (registered) => ping(registered, now)),
    downgrade(state),
  );
}

const requestMissed = ({ thread_id }: State): Effect => ({
  type: 'request_missed',
  message: { thread_id: thread_id ?? '' },
});

function downgrade({ inbox }: State): readonly Effect[] {
  if (!inbox) return [];
  const { epoch, offset } = inbox;
  const message =
    'The backend speaks v1: no exactly-once. The cursor is kept for one that speaks v2.';
  return [notify('protocol_downgrade', { epoch, offset, message })];
}

function onMissedMessages(state: State, event: Of<'missed_messages'>): Step {
  const { thread_id = state.thread_id, messages } = event.missed;
  const isMine = state.v1 && thread_id === state.thread_id;
  return unchanged(state, isMine ? [{ type: 'hand_on', messages }] : []);
}
