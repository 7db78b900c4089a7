/**
 * The monitor's core: `step(state, event)` says what follows, and does nothing itself. The graph of
 * the phases stands in `state.ts`.
 *
 * Effects that call the app's code (`notify`, `deliver`) come last in a step: the app may call the
 * monitor from there, and finds it in the state that the step has led to.
 */

import type { Event } from './events.js';
import { onDelivered, onFrame } from './following.js';
import {
  onConnectTimer,
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
import { notifyAll } from './moves.js';
import { onPingTimer, onPong, onPongTimer, onSystemPing } from './pinging.js';
import { onReceipt, onRegisterTimer, onSessionLost } from './registering.js';
import { onResumeReceipt, onResumeTimer } from './resuming.js';
import { onStart, onStop } from './running.js';
import { isRunning, type State } from './state.js';
import { next, type Step, unchanged } from './transition.js';
import { onMissedMessages, onV1Registered } from './v1.js';

export function step(state: State, event: Event): Step {
  switch (event.type) {
    case 'start':
      return onStart(state, event);
    case 'stop':
      return onStop(state);
    case 'link_up':
      return onLinkUp(state, event);
    case 'link_down':
      return onLinkDown(state, event);
    case 'link_failed':
      return onLinkFailed(state, event);
    case 'link_attempt':
      return onLinkAttempt(state);
    case 'transport':
      return onTransport(state, event);
    case 'upgrade_failed':
      return onUpgradeFailed(state, event);
    case 'receipt':
      return onReceipt(state, event);
    case 'v1_registered':
      return onV1Registered(state, event);
    case 'missed_messages':
      return onMissedMessages(state, event);
    case 'system_ping':
      return onSystemPing(state, event);
    case 'resume_receipt':
      return onResumeReceipt(state, event);
    case 'frame':
      return onFrame(state, event);
    case 'delivered':
      return onDelivered(state, event);
    case 'pong':
      return onPong(state, event);
    case 'timer':
      return onTimer(state, event);
    case 'wake':
      return onWake(state, event);
    case 'sleep':
      return onSleep(state);
    case 'expired':
    case 'taken_over':
      return onSessionLost(state, event);
    case 'draining':
      return onDraining(state, event);
  }
}

function onTimer(state: State, event: Extract<Event, { type: 'timer' }>): Step {
  switch (event.timer) {
    case 'connect':
      return onConnectTimer(state);
    case 'register':
      return onRegisterTimer(state);
    case 'ping':
      return onPingTimer(state, event);
    case 'pong':
      return onPongTimer(state, event);
    case 'resume':
      return onResumeTimer(state, event);
    case 'reconnect':
      return onReconnectTimer(state);
  }
}

/** The server is about to stop: when the link ends, come back when it said. */
function onDraining(state: State, { notice }: Extract<Event, { type: 'draining' }>): Step {
  if (!isRunning(state)) return unchanged(state);
  const link = { ...state.link, drainMs: notice.retry_after_ms };
  return next(state, { link }, notifyAll([{ name: 'draining', payload: notice }]));
}
