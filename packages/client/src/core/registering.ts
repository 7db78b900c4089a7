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
  giveUpLink,
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

/** After as many unanswered requests the link is taken for dead. */
const MAX_UNANSWERED = 3;

export function onReceipt(state: State, event: Of<'receipt'>): Step {
  if (state.phase !== 'registering' || event.attempt !== state.attempt) return unchanged(state);
  const { receipt } = event;
  if (receipt?.ok) return onGranted(state, receipt, event.now);
  if (!receipt) return retryLater(state, event.random);
  if (receipt.error.code === 'stale') return register(state);
  if (receipt.error.retryable) return retryLater(state, event.random, receipt.error);
  return fail(state, receipt.error);
}

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
    stalled: { offset: 0, pongs: 0 },
    heartbeat: relinked(state.heartbeat, now),
  };
  const adopted = adopt(granted, receipt);
  const save: Effect = { type: 'save_session', thread_id, session: saved };
  const live = next(adopted.state, {}, [...clearTimers('register'), save]);
  return withEffects(
    andThen(live, (following) => ping(following, now)),
    notifyAll([{ name: 'registered', payload: receipt }, ...adopted.notices]),
  );
}

/** No receipt in time, or time to try again after a refusal. */
export function onRegisterTimer(state: State): Step {
  if (state.phase !== 'registering') return unchanged(state);
  // After a refusal this is a new question, after silence the same one again.
  if (state.refusals > 0) return register(state);
  return state.unanswered < MAX_UNANSWERED ? sendRegistration(state) : giveUpLink(state);
}

function retryLater(state: State, random: number, reason?: Fault): Step {
  const refusals = state.refusals + 1;
  const ms = Math.max(reason?.retry_after_ms ?? 0, backoffMs(refusals, random));
  const code = reason?.code ?? 'protocol_error';
  const message = reason?.message ?? 'The server answered the registration with something else.';
  return next(state, { refusals }, [setTimer('register', ms), complain(code, message)]);
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
