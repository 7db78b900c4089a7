/** SessionMonitor for React 18 and later: a monitor that lives as long as a component, and its thread as state. */

export {
  type FollowedThread,
  type UseSessionMonitorOptions,
  useSessionMonitor,
} from './use-session-monitor.js';
export { useThread } from './use-thread.js';
