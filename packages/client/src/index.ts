export type { Json, Receipt, Transport } from '@session-monitor/protocol';
export type { MonitorEventPayloads, TransportReport } from './core/effects.js';
export type { ErrorEvent } from './core/events.js';
export type { RunState, RunsView, RunView } from './core/runs-view.js';
export type { Phase } from './core/state.js';
export { type MonitorErrorCode, SessionMonitorError } from './errors.js';
export type { EventMeta } from './follower/delivery.js';
export type { MonitorEvents } from './follower/monitor-events.js';
export type { SessionMonitorOptions } from './follower/options.js';
export type { PageInfo, Plugin, PluginContext } from './follower/plugin.js';
export type { SocketLike } from './follower/socket-link.js';
export type { SessionMonitorStatus } from './follower/status.js';
export {
  type AnyEventListener,
  type AnyEvents,
  type EventListener,
  ThreadFollower,
} from './follower/thread-follower.js';
export { type Environment, type Fetch, platform } from './platform/environment.js';
export type { SessionStorage } from './platform/storage.js';
export type { Diagnostics } from './plugins/diagnostics/diagnostics.js';
export type {
  Traffic,
  TransportChange,
  TransportSummary,
} from './plugins/diagnostics/transport-watch.js';
export type { AcceptedRun } from './sending/message-sender.js';
export type { SendMessageOptions, SendOptions } from './sending/messages.js';
export { SessionMonitor } from './session-monitor.js';
export type { PartData, Reply, ReplyState, ThreadEvent } from './thread/history.js';
export type { Schedule } from './thread/next-frame.js';
export {
  type ThreadState,
  type ThreadView,
  type ThreadViewOptions,
  threadView,
  type ViewedMonitor,
} from './thread/view.js';
export { VERSION } from './version.js';
