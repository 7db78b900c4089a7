export type { Notices, TransportReport } from './core/effects.js';
export type { Complaint } from './core/events.js';
export type { Phase } from './core/state.js';
export type { EventMeta } from './delivery.js';
export { type MonitorErrorCode, SessionMonitorError } from './errors.js';
export type { SessionMonitorOptions } from './options.js';
export {
  type AnyEventListener,
  type EventListener,
  type MonitorEvents,
  SessionMonitor,
} from './session-monitor.js';
export type { SocketLike } from './socket-link.js';
export type { SessionMonitorStatus } from './status.js';
export type { SessionStorage } from './storage.js';
