/**
 * The moves that more than one event can cause. Each takes a state and returns the next one with what
 * has to be done; none of them looks at an event.
 */

import {
  type Fault,
  type Gap,
  type Inbox,
  openGap,
  type Receipt,
  type Reset,
  type ResetReason,
  type ThreadAck,
} from '@session-monitor/protocol';
import { backoffMs } from './backoff.js';
import type { Effect, MonitorEvent, MonitorEventPayloads, Registration } from './effects.js';
import type { ErrorEvent, Timer } from './events.js';
import { answerTimeoutMs, attemptTimeoutMs, pinged, pongTimeoutMs, relinked } from './heartbeat.js';
import { type OwnedSession, type State, UNHINDERED } from './state.js';
import {
  andThen,
  clearAllTimers,
  clearTimers,
  counted,
  next,
  type Step,
  setTimer,
  unchanged,
  withEffects,
} from './transition.js';

// --- registering ------------------------------------------------------------------------------

/** Registers with a new attempt, which outranks every earlier one of this instance. */
export function register(state: State): Step {
  // mutant: attempts-are-not-counted
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
  // mutant: a-frame-in-part-is-asked-about-from-its-start
  const cursor = inbox ? (pending?.frame.cursor ?? inbox.cursor) : checkpoint;
  return {
    protocol: 2,
    thread_id,
    ...(settings.user_id !== null && { user_id: settings.user_id }),
    ...(saved && { session_id: saved.id, session_secret: saved.secret }),
    instance,
    attempt,
    // mutant: the-cursor-is-forgotten
    ...(cursor === null ? { since: settings.since } : { cursor }),
  };
}

/** Registered, in either dialect: the counts of refusals and silences start over. */
export const registeredAt = (state: State, now: number): State => ({
  ...state,
  phase: 'live',
  ...UNHINDERED,
  heartbeat: relinked(state.heartbeat, now),
});

/** Tells the server to send no more. */
export const leaveSession = (session_id: string, generation: number): Effect => ({
  type: 'send_leave',
  message: { session_id, generation },
});

/** Refused for now: tries again after the backoff, and not before `retry_after_ms`. */
export const waitOut = (
  timer: Timer,
  { code, message, retry_after_ms = 0 }: ErrorEvent & Pick<Fault, 'retry_after_ms'>,
  refusals: number,
  random: number,
): readonly Effect[] => [
  setTimer(timer, Math.max(retry_after_ms, backoffMs(refusals, random))),
  complain(code, message),
];

// --- following --------------------------------------------------------------------------------

/** Asks for the server's position and sends ours. In v1 there is no session, and no position to send. */
export function ping(state: State, now: number): Step {
  const { session, inbox, thread_id, acknowledged } = state;
  const heartbeat = pinged(state.heartbeat, now);
  const { sequence, smoothedMs } = heartbeat;
  const mine = session && inbox && position(session, inbox);
  const rtt = smoothedMs !== null && { rtt_ms: Math.round(smoothedMs * 10) / 10 };
  const message = mine ? { ...mine, ...rtt } : { thread_id: thread_id ?? '' };
  return next(state, { heartbeat, acknowledged: mine ? mine.offset : acknowledged }, [
    { type: 'send_ping', sequence, message },
    ...clearTimers('ping'),
    setTimer('pong', pongTimeoutMs(heartbeat)),
  ]);
}

/** Sends our offset to the server, which gives its pump credit. */
export function acknowledge(state: State): Step {
  const { session, inbox } = state;
  if (!session || !inbox) return unchanged(state);
  const message = position(session, inbox);
  return next(state, { acknowledged: inbox.offset }, [{ type: 'send_ack', message }]);
}

const position = (
  { id: session_id, generation }: OwnedSession,
  { epoch, offset }: Inbox,
): ThreadAck => ({ session_id, generation, epoch, offset });

/** This many strikes ask for a resume. The next one registers again, and one more gives the link up. */
export const RESUME_STRIKES = 2;

/**
 * Events are missing: asks the server to go on from our cursor. One request is in flight at a time, and frames
 * that arrive before its receipt are discarded. Without progress the measures get harder.
 */
export function askAgain(state: State, why: string): Step {
  if (state.resume || !state.session || !state.inbox) return unchanged(state);
  const strikes = state.strikes + 1;
  if (strikes === RESUME_STRIKES + 1) return register({ ...state, strikes });
  if (strikes > RESUME_STRIKES + 1) {
    const gaveUp = giveUpLink({ ...state, strikes: 0 });
    const message = `Resuming did not help, reconnecting: ${why}`;
    return withEffects(gaveUp, [complain('protocol_error', message)]);
  }
  const id = state.sequence + 1;
  const message = { session_id: state.session.id, cursor: state.inbox.cursor };
  return next(state, { strikes, sequence: id, resume: { id }, ...counted(state, 'resumes') }, [
    { type: 'send_resume', id, message },
    setTimer('resume', answerTimeoutMs(state.heartbeat, 0)),
  ]);
}

/**
 * Moves the inbox to a receipt's position. The effects report a gap or a reset to the app (I4), or deliver the rest
 * of a frame that was applied in part.
 */
export function adopt(state: State, receipt: Receipt): Step {
  const { inbox, pending } = state;
  const { epoch, from, cursor, head } = receipt;
  const there: Inbox = { epoch, offset: from - 1, cursor };
  const reset = resetOf(inbox, receipt);
  const open = inbox ? openGap(inbox, receipt.gap) : undefined;
  // A gap takes the unapplied rest of a pending frame with it.
  const passed = open && inbox && pending ? { ...open, from: inbox.offset + 1 } : open;
  const gap = reset || !inbox ? receipt.gap : passed;
  if (!inbox || reset || gap) {
    const moved = { ...state, inbox: there, pending: null, head, acknowledged: there.offset };
    // mutant: receipt-gap-is-not-announced, receipt-reset-is-not-announced
    return announce(moved, reset, gap);
  }
  return next(state, { head }, pending ? [{ type: 'deliver', ...pending }] : []);
}

/** The reset that a receipt makes, whether it says so or not: another epoch always resets. */
function resetOf(inbox: Inbox | null, receipt: Receipt): Reset | undefined {
  const { outcome, reason, epoch, from } = receipt;
  const said = outcome === 'reset' ? (reason as ResetReason | undefined) : undefined;
  const isReset = outcome === 'reset' || (inbox && inbox.epoch !== epoch);
  return isReset ? { reason: said ?? 'epoch_changed', from } : undefined;
}

/** Counts a reset and a gap and tells the app. */
export function announce(state: State, reset: Reset | undefined, gap: Gap | undefined): Step {
  const first = reset
    ? next(state, counted(state, 'resets'), [notify('reset', reset)])
    : unchanged(state);
  return gap
    ? andThen(first, (told) => next(told, counted(told, 'gaps'), [notify('gap', gap)]))
    : first;
}

// --- the link ---------------------------------------------------------------------------------

/**
 * A connection is open, and its namespace is not. Socket.IO waits for the namespace without a timeout, and Engine.IO
 * takes 45 s to find the connection dead.
 */
export const awaitNamespace = (state: State): Step =>
  state.link.up || state.link.transport === null
    ? unchanged(state)
    : unchanged(state, [setTimer('connect', answerTimeoutMs(state.heartbeat, state.silences))]);

/**
 * Makes a new link. Closing the Engine.IO connection would not do: half-open, with a poll or a post
 * pending, it does not act on it.
 */
export function giveUpLink(state: State): Step {
  // Before the first link there is none to recover.
  const phase = state.phase === 'connecting' ? 'connecting' : 'recovering';
  return andThen(loseLink(state, phase), makeLink);
}

/** A lost link ends everything that was in flight on it. */
export const loseLink = (state: State, phase: State['phase']): Step =>
  next(
    state,
    { phase, resume: null, v1: null, link: { ...state.link, up: false, transport: null } },
    clearAllTimers(),
  );

/** Connects now, whatever Socket.IO's manager is doing. */
export const makeLink = (state: State): Step =>
  unchanged(state, [{ type: 'disconnect' }, { type: 'connect' }, awaitLink(state)]);

/** An attempt has begun. */
// mutant: an-attempt-never-times-out
export const awaitLink = ({ heartbeat, silences }: State): Effect =>
  setTimer('connect', attemptTimeoutMs(heartbeat, silences));

/** No answer comes: the link is dead or the server is slow. The next link gets more time. */
export const giveUpSilentLink = (state: State): Step =>
  giveUpLink({ ...state, silences: state.silences + 1 });

// --- the end ----------------------------------------------------------------------------------

/** The server refuses for good: trying again would only hammer it. */
export function fail(state: State, fault: Fault): Step {
  const failure = { ...fault, message: `${fault.message} ${state.settings.wayOn}` };
  const effects = [...clearAllTimers(), notify('failed', failure)];
  return next(state, { phase: 'failed', failure, resume: null }, effects);
}

const complain = (code: ErrorEvent['code'], message: string): Effect =>
  notify('error', { code, message });

export const notify = <Name extends MonitorEvent['name']>(
  name: Name,
  payload: MonitorEventPayloads[Name],
): Effect => ({ type: 'notify', event: { name, payload } as MonitorEvent });
