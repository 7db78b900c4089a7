/** The link comes and goes. */

import { BLIP_AFTER_MS, backoffMs, blipDelayMs } from './backoff.js';
import type { Effect, TransportReport } from './effects.js';
import type { Event } from './events.js';
import { awaitLink, awaitNamespace, giveUpSilentLink, register } from './moves.js';
import { pingAnyway } from './pinging.js';
import { isFollowing, isRunning, type State } from './state.js';
import {
  andThen,
  clearAllTimers,
  clearTimers,
  next,
  type Step,
  setTimer,
  unchanged,
  withEffects,
} from './transition.js';

type Of<T extends Event['type']> = Extract<Event, { type: T }>;

/** How long another monitor may take to make a new connection: longer than one takes on a slow network. */
const SIBLING_MS = 5_000;

export function onLinkUp(state: State, { now, transport }: Of<'link_up'>): Step {
  const link = { up: true, since: now, transport, failures: 0, drainMs: null };
  if (!isRunning(state)) return next(state, { link });
  const again = state.phase === 'recovering' ? 1 : 0;
  const counters = { ...state.counters, reconnects: state.counters.reconnects + again };
  return andThen(next(state, { link, counters }, clearTimers('connect', 'reconnect')), register);
}

export function onTransport(state: State, { change, transport }: Of<'transport'>): Step {
  const link = { ...state.link, transport };
  const upgrades = state.counters.upgrades + (change === 'upgrade' ? 1 : 0);
  const counters = { ...state.counters, upgrades };
  const report = reportTransport({ change, transport });
  const noted = next(state, { link, counters });
  if (!isRunning(state)) return noted;
  return withEffects(awaitNamespace(noted.state), [report]);
}

/** Socket.IO tries again by itself. */
export const onLinkAttempt = (state: State): Step =>
  isRunning(state) && !state.link.up ? next(state, {}, [awaitLink(state)]) : unchanged(state);

/** The server did not answer, on a connection that is open or on the way to one. */
export function onConnectTimer(state: State): Step {
  if (!isRunning(state) || state.link.up) return unchanged(state);
  const { state: again, effects } = giveUpSilentLink(state);
  // Who has had no link has none to recover.
  return next(again, state.phase === 'connecting' ? { phase: 'connecting' } : {}, effects);
}

export function onUpgradeFailed(state: State, { reason }: Of<'upgrade_failed'>): Step {
  const { transport } = state.link;
  const counters = { ...state.counters, failed_upgrades: state.counters.failed_upgrades + 1 };
  const report = { change: 'upgrade_failed', transport, reason } as const;
  return next(state, { counters }, isRunning(state) ? [reportTransport(report)] : []);
}

const reportTransport = (payload: TransportReport): Effect => ({
  type: 'notify',
  notice: { name: 'transport', payload },
});

export function onLinkDown(state: State, event: Of<'link_down'>): Step {
  const link = { ...state.link, up: false, transport: null };
  if (!isRunning(state)) return next(state, { link });
  // The monitor gives a link up together with what follows; here is nothing left to do.
  if (event.end === 'monitor') return next(state, { link });
  const phase = event.end === 'app' ? 'connecting' : 'recovering';
  const down = next(state, { link, phase, resume: null, v1: null }, clearAllTimers());
  return andThen(down, (recovering) => planReturn(recovering, event));
}

/** When to come back, and who does it. */
function planReturn(state: State, event: Of<'link_down'>): Step {
  const { drainMs, since, failures } = state.link;
  if (event.end === 'app') return next(state, {});
  // Another monitor on this socket makes the new connection; it may be stopped before it has.
  if (event.end === 'sibling') {
    const wait = (drainMs ?? 0) + SIBLING_MS + backoffMs(failures, event.random);
    return next(state, {}, [setTimer('reconnect', wait)]);
  }
  if (drainMs !== null) {
    // Socket.IO would be back within a second, as would everybody else.
    return next(state, {}, [{ type: 'disconnect' }, setTimer('reconnect', drainMs)]);
  }
  const blip = event.end === 'transport' && event.now - since >= BLIP_AFTER_MS;
  if (blip) return next(state, {}, [setTimer('reconnect', blipDelayMs(event.random))]);
  if (event.managed) return next(state, {});
  return next(state, {}, [setTimer('reconnect', backoffMs(failures, event.random))]);
}

/** An attempt failed. If Socket.IO does not go on by itself, the monitor does, ever more slowly. */
export function onLinkFailed(state: State, { managed, random }: Of<'link_failed'>): Step {
  if (!isRunning(state) || state.link.up) return next(state, {});
  const link = { ...state.link, transport: null };
  const failed = next(state, { link }, clearTimers('connect'));
  if (managed) return failed;
  const wait = backoffMs(state.link.failures, random);
  return withEffects(failed, [setTimer('reconnect', wait)]);
}

/** Tries now, whatever Socket.IO's manager was waiting for. */
export function onReconnectTimer(state: State): Step {
  if (!isRunning(state) || state.link.up) return next(state, {});
  const link = { ...state.link, failures: state.link.failures + 1, drainMs: null };
  return next(state, { link }, [{ type: 'disconnect' }, { type: 'connect' }, awaitLink(state)]);
}

/**
 * The page goes into the browser's cache, or for good. A page with a connection may not enter the cache, and
 * one that comes out of it has none: it is given up now, and made anew at the `wake`.
 */
export function onSleep(state: State): Step {
  if (!isRunning(state) || state.phase === 'connecting') return unchanged(state);
  const link = { ...state.link, up: false, transport: null, drainMs: null };
  return next(state, { phase: 'recovering', resume: null, v1: null, link }, [
    ...clearAllTimers(),
    { type: 'disconnect' },
  ]);
}

/** The world is back: find out whether the link is, or make one at once. */
export function onWake(state: State, { now }: Of<'wake'>): Step {
  const probing = { ...state, heartbeat: { ...state.heartbeat, probing: true } };
  if (isFollowing(state)) return pingAnyway(probing, now);
  if (state.phase !== 'recovering' || state.link.drainMs !== null) return next(state, {});
  return onReconnectTimer(probing);
}
