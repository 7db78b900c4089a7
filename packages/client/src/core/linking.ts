/** The link comes and goes. */

import { BLIP_AFTER_MS, backoffMs, blipDelayMs } from './backoff.js';
import type { Effect } from './effects.js';
import type { Of } from './events.js';
import { awaitLink, awaitNamespace, loseLink, makeLink, notify, ping, register } from './moves.js';
import { isFollowing, isRunning, type LinkState, type State } from './state.js';
import {
  andThen,
  clearTimers,
  counted,
  next,
  type Step,
  setTimer,
  unchanged,
  withEffects,
} from './transition.js';

/** How long another monitor may take to make a new connection: longer than one takes on a slow network. */
const SIBLING_MS = 5_000;

export function onLinkUp(state: State, { now, transport }: Of<'link_up'>): Step {
  const link = { up: true, since: now, transport, failures: 0, drainMs: null };
  if (!isRunning(state)) return next(state, { link });
  const counters = counted(state, 'reconnects', state.phase === 'recovering' ? 1 : 0);
  return andThen(next(state, { link, ...counters }, clearTimers('connect', 'reconnect')), register);
}

export function onTransport(state: State, { change, transport }: Of<'transport'>): Step {
  const link = { ...state.link, transport };
  const noted = { ...state, link, ...counted(state, 'upgrades', change === 'upgrade' ? 1 : 0) };
  if (!isRunning(state)) return unchanged(noted);
  return withEffects(awaitNamespace(noted), [notify('transport', { change, transport })]);
}

/** Socket.IO tries again by itself. */
export const onLinkAttempt = (state: State): Step => unchanged(state, [awaitLink(state)]);

export function onUpgradeFailed(state: State, { reason }: Of<'upgrade_failed'>): Step {
  const { transport } = state.link;
  const report = notify('transport', { change: 'upgrade_failed', transport, reason });
  return next(state, counted(state, 'failed_upgrades'), isRunning(state) ? [report] : []);
}

export function onLinkDown(state: State, event: Of<'link_down'>): Step {
  // The step in which the monitor gives a link up also plans what follows: nothing is left to do.
  if (!isRunning(state) || event.end === 'monitor') {
    return next(state, { link: { ...state.link, up: false, transport: null } });
  }
  const down = loseLink(state, event.end === 'app' ? 'connecting' : 'recovering');
  return withEffects(down, planReturn(state.link, event));
}

/** Plans the reconnect: when, and whether the monitor or Socket.IO makes it. */
function planReturn(
  { drainMs, since, failures }: LinkState,
  { end, now, random, managed }: Of<'link_down'>,
): readonly Effect[] {
  const comeBack = (ms: number) => setTimer('reconnect', ms);
  if (end === 'app') return [];
  const wait = backoffMs(failures, random);
  // Another monitor on this socket makes the new connection; it may be stopped before it has.
  if (end === 'sibling') return [comeBack((drainMs ?? 0) + SIBLING_MS + wait)];
  // Socket.IO would reconnect within a second, together with every other client.
  if (drainMs !== null) return [{ type: 'disconnect' }, comeBack(drainMs)];
  const blip = end === 'transport' && now - since >= BLIP_AFTER_MS;
  if (blip) return [comeBack(blipDelayMs(random))];
  return managed ? [] : [comeBack(wait)];
}

/**
 * An attempt failed. If Socket.IO does not go on by itself, the monitor does, ever more slowly, and not before the server
 * asked for it.
 */
export function onLinkFailed(
  state: State,
  { managed, random, retryAfterMs = 0 }: Of<'link_failed'>,
): Step {
  const link = { ...state.link, transport: null };
  const failed = next(state, { link }, clearTimers('connect'));
  if (managed) return failed;
  const wait = Math.max(backoffMs(state.link.failures, random), retryAfterMs);
  return withEffects(failed, [setTimer('reconnect', wait)]);
}

export function onReconnectTimer(state: State): Step {
  const link = { ...state.link, failures: state.link.failures + 1, drainMs: null };
  return makeLink({ ...state, link });
}

/**
 * The page enters the browser's cache or is discarded. A page with a connection may not enter the cache, and a page
 * that leaves it has none. The monitor gives the link up now and makes a new one at the `wake`.
 */
export function onSleep(state: State): Step {
  if (state.phase === 'connecting') return unchanged(state);
  const asleep = { ...state, link: { ...state.link, drainMs: null } };
  return withEffects(loseLink(asleep, 'recovering'), [{ type: 'disconnect' }]);
}

/** The page or the network is back: probe the link, or make a new one at once. */
export function onWake(state: State, { now }: Of<'wake'>): Step {
  const probing = { ...state, heartbeat: { ...state.heartbeat, probing: true } };
  if (isFollowing(state)) return ping(probing, now);
  if (state.phase !== 'recovering' || state.link.drainMs !== null) return unchanged(state);
  // mutant: a-page-that-is-back-waits
  return onReconnectTimer(probing);
}

/** The server is about to stop: when the link ends, reconnect after the wait that it asked for. */
export function onDraining(state: State, { notice }: Of<'draining'>): Step {
  const link = { ...state.link, drainMs: notice.retry_after_ms };
  return next(state, { link }, [notify('draining', notice)]);
}
