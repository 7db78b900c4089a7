/**
 * The moves that more than one event can cause. Each takes a state and returns the next one with what
 * has to be done; none of them looks at an event.
 */

import type { Fault, Gap, Inbox, Receipt, Reset, ResetReason } from '@session-monitor/protocol';
import type { Effect, Notice, Registration } from './effects.js';
import type { Complaint } from './events.js';
import { answerTimeoutMs, attemptTimeoutMs, pinged, pongTimeoutMs } from './heartbeat.js';
import type { State } from './state.js';
import {
  andThen,
  clearAllTimers,
  clearTimers,
  next,
  type Step,
  setTimer,
  unchanged,
} from './transition.js';

// --- registering ------------------------------------------------------------------------------

/** Registers anew: a new attempt, which outranks every earlier one of this instance. */
export function register(state: State): Step {
  const asking = next(
    state,
    { phase: 'registering', attempt: state.attempt + 1, unanswered: 0, resume: null, v1: null },
    clearTimers('ping', 'pong', 'resume'),
  );
  return andThen(asking, sendRegistration);
}

/** Sends the current attempt, for the first time or again. */
export function sendRegistration(state: State): Step {
  const message = registration(state);
  if (!message) return unchanged(state);
  return next(state, { unanswered: state.unanswered + 1 }, [
    { type: 'send_register', message },
    setTimer('register', answerTimeoutMs(state.heartbeat, state.silences)),
  ]);
}

function registration(state: State): Registration | undefined {
  const { thread_id, saved, inbox, pending, checkpoint, settings, instance, attempt } = state;
  if (thread_id === null) return undefined;
  // All of a frame has been received: the log must still hold it, and its rest is applied from memory.
  const cursor = inbox ? (pending?.frame.cursor ?? inbox.cursor) : checkpoint;
  return {
    protocol: 2,
    thread_id,
    ...(settings.user_id !== null && { user_id: settings.user_id }),
    ...(saved && { session_id: saved.id, session_secret: saved.secret }),
    instance,
    attempt,
    ...(cursor === null ? { since: settings.since } : { cursor }),
  };
}

// --- following --------------------------------------------------------------------------------

/** Asks the server where it is and tells where we are. */
export function ping(state: State, now: number): Step {
  const { session, inbox } = state;
  if (!session || !inbox) return unchanged(state);
  const heartbeat = pinged(state.heartbeat, now);
  const { smoothedMs } = heartbeat;
  const message = {
    session_id: session.id,
    generation: session.generation,
    epoch: inbox.epoch,
    offset: inbox.offset,
    ...(smoothedMs !== null && { rtt_ms: Math.round(smoothedMs * 10) / 10 }),
  };
  return next(state, { heartbeat, acknowledged: inbox.offset }, [
    { type: 'send_ping', sequence: heartbeat.sequence, message },
    ...clearTimers('ping'),
    setTimer('pong', pongTimeoutMs(heartbeat)),
  ]);
}

/** Tells the server how far we have come: that gives its pump credit. */
export function acknowledge(state: State): Step {
  const { session, inbox } = state;
  if (!session || !inbox) return unchanged(state);
  const { id: session_id, generation } = session;
  const { epoch, offset } = inbox;
  const message = { session_id, generation, epoch, offset };
  return next(state, { acknowledged: offset }, [{ type: 'send_ack', message }]);
}

/** Strikes that ask for a resume; one more registers anew, another one gives the link up. */
export const RESUME_STRIKES = 2;

/**
 * Something is missing: ask the server to go on from our cursor. One request is in flight at a time,
 * and what arrives before its receipt is discarded. Without progress the measures get harder.
 */
export function askAgain(state: State, why: string): Step {
  if (state.resume || !state.session || !state.inbox) return unchanged(state);
  const strikes = state.strikes + 1;
  if (strikes === RESUME_STRIKES + 1) return register({ ...state, strikes });
  if (strikes > RESUME_STRIKES + 1) {
    const gaveUp = giveUpLink({ ...state, strikes: 0 });
    const message = `Resuming and registering again did not help: ${why}. Making a new connection.`;
    return andThen(gaveUp, (given) => next(given, {}, [complain('protocol_error', message)]));
  }
  const id = state.sequence + 1;
  const message = { session_id: state.session.id, cursor: state.inbox.cursor };
  const counters = { ...state.counters, resumes: state.counters.resumes + 1 };
  return next(state, { strikes, sequence: id, resume: { id }, counters }, [
    { type: 'send_resume', id, message },
    setTimer('resume', answerTimeoutMs(state.heartbeat, 0)),
  ]);
}

/** A receipt, taken over. */
export interface Adopted {
  readonly state: State;
  /** What the app must hear of, and what it is given of a frame that it had got in part. */
  readonly effects: readonly Effect[];
}

/** Moves the inbox to where a receipt says, and names what the app must hear of (I4). */
export function adopt(state: State, receipt: Receipt): Adopted {
  const { inbox, pending } = state;
  const { epoch, from, cursor, head } = receipt;
  const there: Inbox = { epoch, offset: from - 1, cursor };
  const reset = resetOf(inbox, receipt);
  const gap = reset || !inbox ? receipt.gap : openGap(inbox, receipt.gap, pending !== null);
  if (!inbox || reset || gap) {
    const moved = { ...state, inbox: there, pending: null, head, acknowledged: there.offset };
    const told = announce(moved, reset, gap);
    return { state: told.state, effects: notifyAll(told.notices) };
  }
  return {
    state: { ...state, head },
    effects: pending ? [{ type: 'deliver', ...pending }] : [],
  };
}

/** Whether a receipt voids the history, said so or not: another epoch always does. */
function resetOf(inbox: Inbox | null, receipt: Receipt): Reset | undefined {
  const { outcome, reason, epoch, from } = receipt;
  if (outcome === 'reset') return { reason: (reason ?? 'epoch_changed') as ResetReason, from };
  return inbox && inbox.epoch !== epoch ? { reason: 'epoch_changed', from } : undefined;
}

/** The part of a gap that we have not passed; what was received before it and not applied goes with it. */
function openGap(inbox: Inbox, gap: Gap | undefined, drops: boolean): Gap | undefined {
  if (!gap || gap.to <= inbox.offset) return undefined;
  const next = inbox.offset + 1;
  return { ...gap, from: drops ? next : Math.max(gap.from, next) };
}

/** Counts a reset and a gap and makes the notices for the app. */
export function announce(
  state: State,
  reset: Reset | undefined,
  gap: Gap | undefined,
): { readonly state: State; readonly notices: readonly Notice[] } {
  const { counters } = state;
  const counted = {
    ...counters,
    resets: counters.resets + (reset ? 1 : 0),
    gaps: counters.gaps + (gap ? 1 : 0),
  };
  const notices: Notice[] = [
    ...(reset ? [{ name: 'reset', payload: reset } as const] : []),
    ...(gap ? [{ name: 'gap', payload: gap } as const] : []),
  ];
  return { state: { ...state, counters: counted }, notices };
}

// --- the link ---------------------------------------------------------------------------------

/**
 * A connection is open, and the namespace on it is not: Socket.IO waits for the server's word without an
 * end, and Engine.IO takes 45 s to find the connection dead.
 */
export const awaitNamespace = (state: State): Step =>
  state.link.up || state.link.transport === null
    ? unchanged(state)
    : next(state, {}, [setTimer('connect', answerTimeoutMs(state.heartbeat, state.silences))]);

/**
 * Makes a new link. Closing the Engine.IO connection would not do: half-open, with a poll or a post
 * pending, it does not act on it.
 */
export function giveUpLink(state: State): Step {
  const link = { ...state.link, up: false, transport: null };
  return next(state, { phase: 'recovering', resume: null, v1: null, link }, [
    ...clearAllTimers(),
    { type: 'disconnect' },
    { type: 'connect' },
    awaitLink(state),
  ]);
}

/** An attempt has begun. */
export const awaitLink = ({ heartbeat, silences }: State): Effect =>
  setTimer('connect', attemptTimeoutMs(heartbeat, silences));

/** Nothing comes in answer: the link is dead, or the server slow. The next one is given more time. */
export const giveUpSilentLink = (state: State): Step =>
  giveUpLink({ ...state, silences: state.silences + 1 });

// --- the end ----------------------------------------------------------------------------------

/** The server refuses for good: trying again would only hammer it. */
export const fail = (state: State, failure: Fault): Step =>
  next(state, { phase: 'failed', failure, resume: null }, [
    ...clearAllTimers(),
    { type: 'notify', notice: { name: 'failed', payload: failure } },
  ]);

export const complain = (code: Complaint['code'], message: string): Effect => ({
  type: 'notify',
  notice: { name: 'error', payload: { code, message } },
});

export const notifyAll = (notices: readonly Notice[]): readonly Effect[] =>
  notices.map((notice) => ({ type: 'notify', notice }));
