/** The answers to a `thread_resume`. */

import type { Of } from './events.js';
import { answerTimeoutMs } from './heartbeat.js';
import {
  adopt,
  askAgain,
  giveUpSilentLink,
  ping,
  RESUME_STRIKES,
  register,
  waitOut,
} from './moves.js';
import type { State } from './state.js';
import { andThen, clearTimers, next, type Step, unchanged, withEffects } from './transition.js';

export function onResumeReceipt(state: State, event: Of<'resume_receipt'>): Step {
  if (state.resume?.id !== event.id) return unchanged(state);
  const { receipt, random } = event;
  if (receipt?.ok) {
    const adopted = adopt({ ...state, resume: null }, receipt);
    const resumed = next(adopted.state, {}, clearTimers('resume'));
    return withEffects(resumed, adopted.effects);
  }
  // Not ours any more, or not allowed with the token of the registration: register with a new one.
  if (!receipt?.error.retryable) return register(state);
  const resume = { ...state.resume, refused: true } as const;
  return next(state, { resume }, waitOut('resume', receipt.error, state.strikes, random));
}

/**
 * No receipt in time: ask again. If nothing else has come either, a ping tells a slow answer from a dead
 * link; with the second silence the link is given up.
 */
export function onResumeTimer(state: State, { now }: Of<'timer'>): Step {
  const { resume, heartbeat, strikes } = state;
  // mutant: a-resume-never-times-out
  if (!resume) return unchanged(state);
  const silent = !resume.refused && now - heartbeat.heardAt >= answerTimeoutMs(heartbeat, 0);
  if (silent && strikes >= RESUME_STRIKES) return giveUpSilentLink(state);
  const asked = askAgain({ ...state, resume: null }, 'a resume was not answered');
  if (!silent || heartbeat.sentAt !== null) return asked;
  return andThen(asked, (again) => ping(again, now));
}
