import { useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import type { SessionMonitorOptions } from '../follower/options.js';
import type { SocketLike } from '../follower/socket-link.js';
import type { SessionMonitorStatus } from '../follower/status.js';
import type { AnyEvents } from '../follower/thread-follower.js';
import { SessionMonitor } from '../session-monitor.js';
import { threadView } from '../thread/view.js';
import { notStarted } from './use-thread.js';

/**
 * Another `thread_id`, `user_id` or `url`, or a token where there was none, is another monitor. `token` and `fetch` are
 * called as the last render gave them. The others count when the monitor is made.
 */
export interface UseSessionMonitorOptions extends SessionMonitorOptions {
  readonly thread_id: string;
}

export interface FollowedThread<AppEvents extends object> {
  readonly monitor: SessionMonitor<AppEvents>;
  readonly status: SessionMonitorStatus;
}

/**
 * A monitor that follows a thread while the component is mounted, and its status. The socket is the app's:
 * made once, outside of the component, and left connected. `useThread(monitor)` is what the thread holds.
 *
 *     const socket = io('http://127.0.0.1:5001', { autoConnect: false });
 *     const { monitor, status } = useSessionMonitor(socket, { thread_id: 'my-thread' });
 *
 * On a server it renders the status `idle` and starts nothing.
 *
 * @throws SessionMonitorError ERR_NOT_A_SOCKET, ERR_BAD_OPTION, ERR_BAD_THREAD_ID, while rendering
 */
export function useSessionMonitor<AppEvents extends object = AnyEvents>(
  socket: SocketLike,
  options: UseSessionMonitorOptions,
): FollowedThread<AppEvents> {
  const { thread_id, user_id, url } = options;
  const hasToken = options.token !== undefined;
  const latest = useRef(options);
  useEffect(() => {
    latest.current = options;
  });

  // Nothing begins here: a render may be thrown away, or be on a server.
  // biome-ignore lint/correctness/useExhaustiveDependencies: options written inline are new in each render
  const monitor = useMemo(() => {
    const made = new SessionMonitor<AppEvents>(socket, withLatest(options, latest));
    // Before the start, so that it sees everything.
    threadView(made);
    return made;
  }, [socket, thread_id, user_id, url, hasToken]);

  useEffect(() => {
    monitor.start();
    return () => {
      monitor.stop();
    };
  }, [monitor]);

  const { subscribe, getSnapshot } = threadView(monitor);
  const status = useSyncExternalStore(
    subscribe,
    () => getSnapshot().status,
    () => notStarted().status,
  );
  return { monitor, status };
}

/** The options, with functions that call those of the last render. */
function withLatest(
  options: UseSessionMonitorOptions,
  latest: { readonly current: UseSessionMonitorOptions },
): UseSessionMonitorOptions {
  return {
    ...options,
    fetch: (url, init) => (latest.current.fetch ?? globalThis.fetch)(url, init),
    ...(options.token !== undefined && {
      token: () => {
        const { token = '' } = latest.current;
        return typeof token === 'function' ? token() : token;
      },
    }),
  };
}
