/**
 * The monitor's core: a step says what follows from an event, and does nothing itself. The graph of
 * the phases stands in `state.ts`.
 *
 * Effects that call the app's code (`notify`, `deliver`) come last in a step: the app may call the
 * monitor from there, and finds it in the state that the step has led to.
 */

import type { Event, EventType, Of, Timer } from './events.js';
import { onDelivered, onFrame } from './following.js';
import {
  onDraining,
  onLinkAttempt,
  onLinkDown,
  onLinkFailed,
  onLinkUp,
  onReconnectTimer,
  onSleep,
  onTransport,
  onUpgradeFailed,
  onWake,
} from './linking.js';
import { giveUpSilentLink, ping } from './moves.js';
import { onPong, onPongTimer, onSystemPing } from './pinging.js';
import { onReceipt, onRegisterTimer, onSessionLost } from './registering.js';
import { onResumeReceipt, onResumeTimer } from './resuming.js';
import { onStart, onStop } from './running.js';
import { isAwaitingLink, isFollowing, isRegistering, isRunning, type State } from './state.js';
import { type Step, unchanged } from './transition.js';

type Rule<E extends Event> = (state: State, event: E) => Step;

/** A rule that counts in some states only; in the others the event changes nothing. */
export const only =
  <E extends Event>(counts: (state: State) => boolean, rule: Rule<E>): Rule<E> =>
  (state, event) =>
    counts(state) ? rule(state, event) : unchanged(state);

export type Rules = { readonly [T in EventType]: Rule<Of<T>> };

/** Events that only a v1 backend causes: `v1.ts` has the rules. */
export type V1EventType = 'v1_registered' | 'missed_messages';
/** Events whose rules come from plugins. */
type PluginEventType = V1EventType | 'retry' | 'token_refused';

/** What follows from each event, and when. */
export const RULES: Omit<Rules, PluginEventType> = {
  start: onStart,
  stop: onStop,
  // The core follows the link before the start, too.
  link_up: onLinkUp,
  link_down: onLinkDown,
  link_failed: only(isAwaitingLink, onLinkFailed),
  link_attempt: only(isAwaitingLink, onLinkAttempt),
  transport: onTransport,
  upgrade_failed: onUpgradeFailed,
  receipt: onReceipt,
  system_ping: only(isFollowing, onSystemPing),
  resume_receipt: only(isFollowing, onResumeReceipt),
  // mutant: frames-are-applied-while-registering
  frame: only(isFollowing, onFrame),
  // The listeners have been called, whatever they have done to the monitor.
  delivered: onDelivered,
  pong: only(isFollowing, onPong),
  timer: (state, event) => TIMER_RULES[event.timer](state, event),
  wake: only(isRunning, onWake),
  sleep: only(isRunning, onSleep),
  expired: only(isRunning, onSessionLost),
  taken_over: only(isRunning, onSessionLost),
  draining: only(isRunning, onDraining),
};

const TIMER_RULES: { readonly [T in Timer]: Rule<Of<'timer'>> } = {
  // No answer on a connection that is open, or on the way to one.
  // mutant: the-namespace-is-not-watched
  connect: only(isAwaitingLink, giveUpSilentLink),
  register: only(isRegistering, onRegisterTimer),
  ping: only(isFollowing, (state, { now }) => ping(state, now)),
  pong: only(isFollowing, onPongTimer),
  resume: only(isFollowing, onResumeTimer),
  reconnect: only(isAwaitingLink, onReconnectTimer),
};

/** Applies the rule of an event; an event without a rule changes nothing. */
export const step = (rules: Partial<Rules>, state: State, event: Event): Step =>
  (rules[event.type] as Rule<Event> | undefined)?.(state, event) ?? unchanged(state);
