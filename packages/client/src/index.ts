export type { Json, Receipt, Transport } from '@session-monitor/protocol';
export type { MonitorEventPayloads, TransportReport } from './core/effects.js';
export type { ErrorEvent } from './core/events.js';
export type { RunState, RunsView, RunView } from './core/runs-view.js';
export type { Phase } from './core/state.js';
export type { EventMeta } from './delivery.js';
export type { Diagnostics } from './diagnostics.js';
export { type Environment, platform } from './environment.js';
export { type MonitorErrorCode, SessionMonitorError } from './errors.js';
export type { MonitorEvents } from './monitor-events.js';
export type { SessionMonitorOptions } from './options.js';
export type { PageInfo, Plugin, PluginContext } from './plugin.js';
export type { Fetch } from './sending/http.js';
export type { AcceptedRun } from './sending/message-sender.js';
export type { SendMessageOptions, SendOptions } from './sending/messages.js';
export { SessionMonitor } from './session-monitor.js';
export type { SocketLike } from './socket-link.js';
export type { SessionMonitorStatus } from './status.js';
export type { SessionStorage } from './storage.js';
export type { PartData, Reply, ReplyState, ThreadEvent } from './thread/history.js';
export type { Schedule } from './thread/next-frame.js';
export {
  type ThreadState,
  type ThreadView,
  type ThreadViewOptions,
  threadView,
  type ViewedMonitor,
} from './thread/view.js';
export {
  type AnyEventListener,
  type AnyEvents,
  type EventListener,
  ThreadFollower,
} from './thread-follower.js';
export type { Traffic, TransportChange, TransportSummary } from './transport-watch.js';
export { VERSION } from './version.js';
