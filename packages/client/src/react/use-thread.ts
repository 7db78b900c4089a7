import { useSyncExternalStore } from 'react';
import { NOT_STARTED, type ThreadState, threadView, type ViewedMonitor } from '../thread/view.js';

/**
 * The thread of a monitor: its status, events and replies. Draws the component again at most once for
 * each frame of the browser, however many events come.
 *
 * The state belongs to the monitor, not to the component: it is there as well for who is mounted later. A
 * monitor that was not made by `useSessionMonitor` needs `threadView(monitor)` before its start, or what
 * comes before the first `useThread` is not in it.
 */
export function useThread(monitor: ViewedMonitor): ThreadState {
  const { subscribe, getSnapshot } = threadView(monitor);
  return useSyncExternalStore(subscribe, getSnapshot, notStarted);
}

/** As on the server, so on the page that takes over from it: the same for everybody. */
export const notStarted = (): ThreadState => NOT_STARTED;
