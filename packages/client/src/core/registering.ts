/** The answers to a registration. */

import type { Fault, Receipt } from '@session-monitor/protocol';
import { backoffMs } from './backoff.js';
import type { Effect, Notice } from './effects.js';
import type { Event } from './events.js';
import { relinked } from './heartbeat.js';
import {
  adopt,
  complain,
  fail,
  giveUpSilentLink,
  notifyAll,
  ping,
  register,
  sendRegistration,
} from './moves.js';
import { isRunning, type State } from './state.js';
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

/** After as many unanswered requests the link is taken for dead, as after two missed pongs. */
const MAX_UNANSWERED = 2;

export function onReceipt(state: State, event: Of<'receipt'>): Step {
  const { receipt } = event;
  if (state.phase !== 'registering' || event.attempt !== state.attempt) {
    return receipt?.ok ? declineSession(state, receipt) : unchanged(state);
  }
  if (receipt?.ok) return onGranted(state, receipt, event.now);
  if (!receipt) return retryLater(state, event.random);
  // Stale: the server knows a higher attempt of ours. The next one outranks it, or the one after.
  if (receipt.error.retryable || receipt.error.code === 'stale')
    return retryLater(state, event.random, receipt.error);
  return fail(state, receipt.error);
}

/** Granted after it was wanted: the server would go on sending. A superseded one it knows itself. */
const declineSession = (state: State, { session_id, generation }: Receipt): Step =>
  session_id === state.session?.id
    ? unchanged(state)
    : withEffects(unchanged(state), [{ type: 'send_leave', message: { session_id, generation } }]);

function onGranted(state: State, receipt: Receipt, now: number): Step {
  const saved = { id: receipt.session_id, secret: receipt.session_secret };
  const { thread_id, generation, window, ping_interval_ms: pingIntervalMs } = receipt;
  const granted: State = {
    ...state,
    phase: 'live',
    saved,
    session: { ...saved, generation, window, pingIntervalMs },
    unanswered: 0,
    refusals: 0,
    silences: 0,
    stalled: { offset: 0, pongs: 0 },
    heartbeat: relinked(state.heartbeat, now),
  };
  const adopted = adopt(granted, receipt);
  const save: Effect = { type: 'save_session', thread_id, session: saved };
  const live = next(adopted.state, {}, [...clearTimers('register'), save]);
  return withEffects(
    andThen(live, (following) => ping(following, now)),
    [...notifyAll([{ name: 'registered', payload: receipt }]), ...adopted.effects],
  );
}

/** No receipt in time, or time to try again after a refusal. */
export function onRegisterTimer(state: State): Step {
  if (state.phase !== 'registering') return unchanged(state);
  // After a refusal this is a new question, after silence the same one again.
  if (state.unanswered === 0) return register(state);
  return state.unanswered < MAX_UNANSWERED ? sendRegistration(state) : giveUpSilentLink(state);
}

function retryLater(state: State, random: number, reason?: Fault): Step {
  const refusals = state.refusals + 1;
  const ms = Math.max(reason?.retry_after_ms ?? 0, backoffMs(refusals, random));
  const code = reason?.code ?? 'protocol_error';
  const message = reason?.message ?? 'The server answered the registration with something else.';
  return next(state, { refusals, unanswered: 0, silences: 0 }, [
    setTimer('register', ms),
    complain(code, message),
  ]);
}

/**
 * The session ended on the server, or is another's now. The log goes on: register at our own cursor,
 * without a claim to what was taken over (I6: never fight for it).
 */
export function onSessionLost(state: State, event: Of<'expired'> | Of<'taken_over'>): Step {
  const mine = state.session?.id === event.notice.session_id;
  if (!mine || !isRunning(state) || !state.link.up) return unchanged(state);
  const taken = event.type === 'taken_over';
  const notice: Notice = taken
    ? { name: 'taken_over', payload: event.notice }
    : { name: 'expired', payload: event.notice };
  const without = { ...state, session: null, saved: taken ? null : state.saved };
  return withEffects(register(without), notifyAll([notice]));
}
