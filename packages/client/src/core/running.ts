/** Start and stop. */

import type { Event } from './events.js';
import { register } from './moves.js';
import { isRunning, type State } from './state.js';
import { andThen, clearAllTimers, next, type Step, unchanged, withEffects } from './transition.js';

type Start = Extract<Event, { type: 'start' }>;

export function onStart(state: State, event: Start): Step {
  const sameThread = state.thread_id === event.thread_id;
  if (isRunning(state) && sameThread) return unchanged(state);
  const restarted = next(
    state,
    {
      ...(sameThread ? {} : freshThread(event)),
      phase: 'connecting',
      thread_id: event.thread_id,
      failure: null,
      resume: null,
      refusals: 0,
    },
    clearAllTimers(),
  );
  return state.link.up
    ? andThen(restarted, register)
    : withEffects(restarted, [{ type: 'connect' }]);
}

/** Another thread: nothing of the former one applies. */
const freshThread = (event: Start): Partial<State> => ({
  saved: event.saved,
  session: null,
  inbox: null,
  head: 0,
  acknowledged: 0,
  strikes: 0,
});

/** Ends the following. The socket is the app's and stays as it is; the inbox stays for a restart. */
export const onStop = (state: State): Step =>
  next(state, { phase: 'stopped', resume: null }, clearAllTimers());
