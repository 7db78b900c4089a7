import { useSyncExternalStore } from 'react';
import { NOT_STARTED, type ThreadState, threadView, type ViewedMonitor } from '../thread/view.js';

/**
 * The thread of a monitor: its status, events and replies. Draws the component again at most once for
 * each frame of the browser, however many events come.
 *
 * The state belongs to the monitor, not to the component: a component that is mounted later has it, too. A
 * monitor that was not made by `useSessionMonitor` needs `threadView(monitor)` before its start, or the state lacks
 * what comes before the first `useThread`.
 */
export function useThread(monitor: ViewedMonitor): ThreadState {
  const { subscribe, getSnapshot } = threadView(monitor);
  return useSyncExternalStore(subscribe, getSnapshot, notStarted);
}

/** The same state for the server's render and for the page's first one, whatever the monitor. */
export const notStarted = (): ThreadState => NOT_STARTED;
