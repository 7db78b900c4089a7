/**
 * Attempts that the app causes: it does not want to wait, or what it sends needs a session with another token. A
 * follower that needs neither leaves these rules out.
 */

import { makeLink, register } from './moves.js';
import { isFollowing, isRegistering, isRunning, type State } from './state.js';
import { only, type Rules } from './step.js';
import { clearTimers, type Step, unchanged, withEffects } from './transition.js';

/** Without a session, and wanting one. */
export const isCutOff = (state: State): boolean => isRunning(state) && !isFollowing(state);

export const RETRY_RULES: Pick<Rules, 'retry'> = { retry: only(isCutOff, onRetry) };

/** The server has refused an event for the token of a session that it goes on feeding. */
export const TOKEN_RULES: Pick<Rules, 'token_refused'> = {
  token_refused: only(isFollowing, register),
};

/** Ends the wait for a link, or after a refusal for now. A registration in flight still waits for its answer. */
function onRetry(state: State): Step {
  if (isRegistering(state)) return state.unanswered > 0 ? unchanged(state) : register(state);
  const link = { ...state.link, failures: 0, drainMs: null };
  return withEffects(makeLink({ ...state, silences: 0, link }), clearTimers('reconnect'));
}
