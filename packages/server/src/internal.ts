/**
 * The parts that `@session-monitor/http` uses. Not for apps: they change without notice, and only packages of the same
 * version fit together.
 */

export type { Position } from '@session-monitor/protocol/rules';
export { setAnswerHeaders } from './access/answer-headers.js';
export {
  type Action,
  type AdminPermission,
  type Caller,
  narrowGrant,
  type Refused,
  type ThreadAction,
} from './access/authorize.js';
export { clientAddress, networkOf, networkOfRequest } from './access/client-address.js';
export { DEVELOPMENT_DEBUG_KEY, isStrongKey, STRONG_KEY } from './access/debug-key.js';
export { HOST_PATTERN } from './access/hosts.js';
export type { OpenStream, OpenStreams } from './access/open-streams.js';
export { proxiedFault } from './access/origin-check.js';
export { isLocalHost, isLoopback, sourceOf } from './access/origins.js';
export { isProxied } from './access/proxies.js';
export { type Mark, revokedFault } from './access/revocations.js';
export { MIN_SECRET_BYTES } from './access/token-secret.js';
export {
  commitIntervalFor,
  type FrameWindowSetting,
  MAX_FRAME_WINDOW_MS,
} from './core/frame-window.js';
export { loadPeer } from './load-peer.js';
export type { OperationOutcome } from './nodes/operator.js';
export { Explanations } from './observe/findings/explanations.js';
export { FINDING_CODES, type FindingCode } from './observe/findings/facts.js';
export { policyOf } from './observe/limit-fault.js';
export { HistoryView } from './observe/live/history-view.js';
export {
  type LiveLink,
  LiveLists,
  type LiveQuery,
  MAX_VIEWERS,
} from './observe/live/live-lists.js';
export { type SessionSort, SORT_FIELDS } from './observe/live/session-order.js';
export { cellOf } from './observe/metrics/counter.js';
export { HTTP_ONLY_CODES } from './observe/metrics/labels.js';
export type { MetricReading } from './observe/metrics/metrics.js';
export { countNotices } from './observe/metrics/notices.js';
export { readMetrics } from './observe/metrics/read-metrics.js';
export type { TraceSubject } from './observe/session-trace/detail.js';
export type { TracePage } from './observe/session-trace/search.js';
export type { TraceAnswer } from './observe/session-trace/trace-query.js';
export { silentLogger } from './observe/trace.js';
export type { RunDelivery } from './observe/tracing/run-delivery.js';
export type { TraceOrigin } from './observe/tracing/server-tracing.js';
export { ClusterView, type PageRequest } from './observe/views/cluster-view.js';
export { LogWindows } from './observe/views/log-window.js';
export { NodeViews } from './observe/views/node-views.js';
export { RecentRuns } from './observe/views/recent-runs.js';
export { RUN_PLACE_PATTERN, RunPages } from './observe/views/run-pages.js';
export type { SessionFilter } from './observe/views/session-filter.js';
export { SessionLookup } from './observe/views/session-lookup.js';
export { SessionPages } from './observe/views/session-pages.js';
export { SessionSearch } from './observe/views/session-search.js';
export { ThreadSearch } from './observe/views/thread-search.js';
export { ThreadViews } from './observe/views/thread-views.js';
export type { RunRequest } from './runs/run-id.js';
export type { RunHandle } from './runs/runs.js';
export type { SessionServerInternals } from './session-engine.js';
export { storeFault, unavailableFault } from './sessions/faults.js';
export { isSameSecret } from './sessions/identity.js';
export { TRACE_FOLDER } from './stores/lmdb/directory.js';
export { MIN_RESERVE_BYTES } from './stores/lmdb/disk-space.js';
export { ADDRESS_FORMS, isAddress, readAddress, showAddress } from './stores/redis/address.js';
export { DEFAULT_REDIS_WAIT_MS, REDIS_WAIVERS, type RedisWaiver } from './stores/redis/options.js';
export { publishFromClient } from './threads/client-events.js';
export { encodeFrame } from './threads/frame-text.js';
export { type Locatable, positionAt, positionSince, storedLog } from './threads/position-at.js';
export type { DeliveryWatch, Frame, Pump, PumpObserver } from './threads/pump.js';
export { ReaderLink } from './threads/reader-link.js';
export { cutSlice, type Slice, type SliceEntry } from './threads/slice.js';
export type { Subscriber } from './threads/thread-log.js';
export type { ThreadLease } from './threads/threads.js';
export type { Cancel, Clock } from './util/clock.js';
export { asError, configError } from './util/errors.js';
export { VERSION } from './version.js';
