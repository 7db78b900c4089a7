export type {
  ThreadChange,
  ThreadMetadata,
  ThreadSummary,
  ThreadsPage,
  ThreadsQuery,
} from '@session-monitor/protocol';
export type {
  Action,
  AdministerRequest,
  Authorize,
  AuthorizeAnswer,
  AuthorizeRequest,
  Denial,
  Denied,
  ListRequest,
  ServerAction,
  ThreadAction,
  ThreadRequest,
} from './access/authorize.js';
export { type AttachOptions, attachSessions } from './attach.js';
export type { FrameWindowSetting } from './core/frame-window.js';
export type { Retention } from './core/retention.js';
export { DEFAULT_LIMITS, type LimitName, type ServerLimits } from './limits.js';
export type { RevocationOutcome } from './nodes/revoker.js';
export type { Logger } from './observe/trace.js';
export type { Tracing } from './observe/tracing/tracing.js';
export {
  DEFAULT_SETTINGS,
  type GivenSettings,
  type Mode,
  type SessionServerOptions,
  type SessionSettings,
  type SessionTraceOptions,
} from './options.js';
export { createDemoResponder, DEFAULT_DEMO, type DemoOptions } from './responders/demo.js';
export {
  type Part,
  type Producer,
  type Responder,
  type ResponderContext,
  ResponderError,
  type ResponderRequest,
  type ResponderRun,
  type ResponderThread,
} from './responders/responder.js';
export type { MessageOptions, RunMessage } from './runs/message-request.js';
export type { Run, RunResult } from './runs/run.js';
export type { RunSummary } from './runs/runs.js';
export type { SessionServer, SessionServerStats } from './session-server.js';
export type { SocketIoServer } from './socketio/socket-io.js';
export { EventBatch, type EventBatchFields } from './stores/event-batch.js';
export { createMemoryStore, type MemoryStoreOptions } from './stores/memory.js';
export type * from './stores/store.js';
export type { HistoryOptions, Turn } from './threads/history.js';
export type { PublishOptions } from './threads/publish.js';
export type { LogEntry, LoggedEvent, ReadOptions } from './threads/read-log.js';
export { type Cancel, type Clock, type Entropy, systemClock, systemEntropy } from './util/clock.js';
export { ServerError, type ServerErrorCode } from './util/errors.js';
