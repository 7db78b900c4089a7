/** The answers to a registration. */

import { type Receipt, wantsToken } from '@session-monitor/protocol';
import type { ErrorEvent, Of } from './events.js';
import {
  adopt,
  fail,
  giveUpSilentLink,
  leaveSession,
  notify,
  ping,
  register,
  registeredAt,
  sendRegistration,
  waitOut,
} from './moves.js';
import { isRegistering, type State } from './state.js';
import { andThen, clearTimers, next, type Step, unchanged, withEffects } from './transition.js';

/** After this many unanswered requests the link counts as dead, as after two missed pongs. */
const MAX_UNANSWERED = 2;

const NOT_AN_ANSWER = {
  code: 'protocol_error',
  message: 'The answer to the registration is not of v2.',
  retryable: true,
} as const;

export function onReceipt(state: State, event: Of<'receipt'>): Step {
  const { receipt } = event;
  if (!isRegistering(state) || event.attempt !== state.attempt) {
    return receipt?.ok ? declineSession(state, receipt) : unchanged(state);
  }
  if (receipt?.ok) return onGranted(state, receipt, event.now);
  const fault = receipt?.error ?? NOT_AN_ANSWER;
  const answered = { ...state, unanswered: 0, silences: 0 };
  // mutant: an-expired-token-is-final
  if (wantsToken(fault.code) && state.tokensRefused < state.settings.tokenRetries) {
    return onTokenRefused(answered, fault, event.random);
  }
  // Stale: the server knows a higher attempt of ours. The next one outranks it, or the one after.
  if (!fault.retryable && fault.code !== 'stale') return fail(state, fault);
  const refusals = state.refusals + 1;
  return next(answered, { refusals }, waitOut('register', fault, refusals, event.random));
}

/** Another token may be allowed. The monitor asks for it at once, and for further ones after a wait. */
function onTokenRefused(state: State, fault: ErrorEvent, random: number): Step {
  const { tokensRefused } = state;
  const asking = { ...state, tokensRefused: tokensRefused + 1 };
  return tokensRefused === 0
    ? register(asking)
    : unchanged(asking, waitOut('register', fault, tokensRefused, random));
}

/** Leaves a session that was granted too late: the server would go on sending. It knows a superseded one itself. */
// mutant: a-superseded-session-is-not-declined
const declineSession = (state: State, { session_id, generation }: Receipt): Step =>
  session_id === state.session?.id
    ? unchanged(state)
    : unchanged(state, [leaveSession(session_id, generation)]);

function onGranted(state: State, receipt: Receipt, now: number): Step {
  const saved = { id: receipt.session_id, secret: receipt.session_secret };
  const { thread_id, generation, window, ping_interval_ms: pingIntervalMs } = receipt;
  const granted: State = {
    ...registeredAt(state, now),
    saved,
    session: { ...saved, generation, window, pingIntervalMs },
    stalled: { offset: 0, pongs: 0 },
  };
  const adopted = adopt(granted, receipt);
  const live = next(adopted.state, {}, [
    ...clearTimers('register'),
    { type: 'save_session', thread_id, session: saved },
  ]);
  return withEffects(
    andThen(live, (following) => ping(following, now)),
    [notify('registered', receipt), ...adopted.effects],
  );
}

/** No receipt in time, or time to try again after a refusal. */
export function onRegisterTimer(state: State): Step {
  // After a refusal this is a new attempt; after silence it repeats the same one.
  if (state.unanswered === 0) return register(state);
  // mutant: a-silent-registration-never-times-out
  return state.unanswered < MAX_UNANSWERED ? sendRegistration(state) : giveUpSilentLink(state);
}

/**
 * The session ended on the server, or another client owns it now. The log goes on: register at our own cursor,
 * without a claim to what was taken over (I6: never fight for it).
 */
export function onSessionLost(state: State, event: Of<'expired'> | Of<'taken_over'>): Step {
  if (state.session?.id !== event.notice.session_id || !state.link.up) return unchanged(state);
  const [saved, monitorEvent] =
    event.type === 'expired'
      ? [state.saved, notify('expired', event.notice)]
      : [null, notify('taken_over', event.notice)];
  return withEffects(register({ ...state, session: null, saved }), [monitorEvent]);
}
