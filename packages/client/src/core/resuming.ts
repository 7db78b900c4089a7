/** The answers to a `thread_resume`. */

import { backoffMs } from './backoff.js';
import type { Event } from './events.js';
import { adopt, askAgain, complain, notifyAll, register } from './moves.js';
import { isFollowing, type State } from './state.js';
import { clearTimers, next, type Step, setTimer, unchanged, withEffects } from './transition.js';

type Of<T extends Event['type']> = Extract<Event, { type: T }>;

export function onResumeReceipt(state: State, event: Of<'resume_receipt'>): Step {
  if (!isFollowing(state) || state.resume?.id !== event.id) return unchanged(state);
  const { receipt, random } = event;
  if (receipt?.ok) {
    const adopted = adopt({ ...state, resume: null }, receipt);
    const resumed = next(adopted.state, {}, clearTimers('resume'));
    return withEffects(resumed, notifyAll(adopted.notices));
  }
  // Not ours any more, or not allowed with the token of the registration: register with a new one.
  if (!receipt?.error.retryable) return register(state);
  const ms = Math.max(receipt.error.retry_after_ms ?? 0, backoffMs(state.strikes, random));
  const { code, message } = receipt.error;
  return next(state, {}, [setTimer('resume', ms), complain(code, message)]);
}

/** No receipt in time: ask again. */
export function onResumeTimer(state: State): Step {
  if (!isFollowing(state) || !state.resume) return unchanged(state);
  return askAgain({ ...state, resume: null }, 'a resume was not answered');
}
