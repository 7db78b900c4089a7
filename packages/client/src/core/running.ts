/** Start and stop. */

import type { Event } from './events.js';
import { awaitLink, awaitNamespace, leaveSession, register } from './moves.js';
import { isRunning, NOTHING_FOLLOWED, type State } from './state.js';
import { andThen, clearAllTimers, next, type Step, unchanged, withEffects } from './transition.js';

type Start = Extract<Event, { type: 'start' }>;

export function onStart(state: State, event: Start): Step {
  const sameThread = state.thread_id === event.thread_id;
  if (isRunning(state) && sameThread) return unchanged(state);
  const left = leave(state);
  const restarted = next(
    left.state,
    {
      ...(sameThread ? {} : freshThread(event)),
      phase: 'connecting',
      thread_id: event.thread_id,
      failure: null,
      resume: null,
      refusals: 0,
      tokensRefused: 0,
    },
    [...left.effects, ...clearAllTimers()],
  );
  return state.link.up
    ? andThen(restarted, register)
    : andThen(withEffects(restarted, [{ type: 'connect' }, awaitLink(state)]), awaitNamespace);
}

/** Another thread: nothing of the former one applies. */
const freshThread = (event: Start): Partial<State> => ({
  ...NOTHING_FOLLOWED,
  saved: event.saved,
  checkpoint: event.checkpoint ?? null,
});

/** Ends the following. The socket is the app's and stays as it is; the inbox stays for a restart. */
export const onStop = (state: State): Step =>
  andThen(leave(state), (left) =>
    next(left, { phase: 'stopped', resume: null, v1: null }, clearAllTimers()),
  );

/** Tells the server to send no more. Without a link it has noticed already. */
function leave(state: State): Step {
  if (!state.session || !state.link.up) return unchanged(state);
  const { id: session_id, generation } = state.session;
  return next(state, { session: null }, [leaveSession(session_id, generation)]);
}
