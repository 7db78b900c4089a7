/** The settings of the sessions and of their trace, as the configuration has them. */

import { join, resolve } from 'node:path';
import type { SessionTraceOptions } from '@session-monitor/server';
import { TRACE_FOLDER } from '@session-monitor/server/internal';
import type { Config } from './config.js';
import { HOUR_MS } from './variable.js';

const MIB = 1024 * 1024;

/** Where the session trace is kept: with the embedded store beside its files, with Redis only in a directory that is named. */
export function traceOf(config: Config): SessionTraceOptions | false {
  if (config.TRACE === 'off') return false;
  const { TRACE_DIR, DATA_DIR, REDIS_URL, TRACE_MB, TRACE_HOURS } = config;
  const beside = REDIS_URL === '' ? join(DATA_DIR, TRACE_FOLDER) : '';
  const directory = TRACE_DIR || beside;
  const maxAgeMs = TRACE_HOURS * HOUR_MS;
  return directory === ''
    ? { maxAgeMs }
    : { directory: resolve(directory), maxBytes: TRACE_MB * MIB, maxAgeMs };
}

/** A limit of 0 is none. */
const orNone = (limit: number): number => limit || Number.POSITIVE_INFINITY;

export const settingsOf = (config: Config) => ({
  pingIntervalMs: config.PING_INTERVAL_MS,
  sessionTtlMs: config.SESSION_TTL_MS,
  idleAfterMs: config.IDLE_AFTER_MS,
  expireAfterMs: config.EXPIRE_AFTER_MS,
  sweepIntervalMs: config.SWEEP_INTERVAL_MS,
  maxRunsPerThread: config.RUNS_PER_THREAD,
  runWaitMs: config.RUN_WAIT_MS,
  runStallMs: config.RUN_STALL_MS,
  runOrphanMs: config.RUN_ORPHAN_MS,
  compaction: config.COMPACTION === 'on',
  runLeaseMs: config.RUN_LEASE_MS,
  reconnectsPerSecond: config.RECONNECTS_PER_SECOND,
  frameWindowMs: config.FRAME_WINDOW_MS,
  limits: {
    authorizeTimeoutMs: config.AUTHORIZE_TIMEOUT_MS,
    handshakesPerSecond: orNone(config.LIMIT_HANDSHAKES_PER_SECOND),
    unregistered: orNone(config.LIMIT_UNREGISTERED),
    connections: config.LIMIT_CONNECTIONS,
    loopDelayMs: orNone(config.LIMIT_LOOP_DELAY_MS),
    memoryPercent: orNone(config.LIMIT_MEMORY_PERCENT),
    authorizeCalls: config.LIMIT_AUTHORIZE_CALLS,
    refusalsPerMinute: config.LIMIT_REFUSALS_PER_MINUTE,
    registerTimeoutMs: orNone(config.REGISTER_TIMEOUT_MS),
    packetsPerSecond: orNone(config.LIMIT_PACKETS_PER_SECOND),
    registrationsPerSecond: orNone(config.LIMIT_REGISTRATIONS_PER_SECOND),
    sessionsPerUser: orNone(config.LIMIT_SESSIONS_PER_USER),
    resumesPerMinute: orNone(config.LIMIT_RESUMES_PER_MINUTE),
    eventsPerSecond: orNone(config.LIMIT_EVENTS_PER_SECOND),
    eventBytesPerSecond: orNone(config.LIMIT_EVENT_BYTES_PER_SECOND),
    streamsPerUser: orNone(config.LIMIT_STREAMS_PER_USER),
    reportsPerMinute: orNone(config.LIMIT_REPORTS_PER_MINUTE),
    linesPerSecond: orNone(config.LIMIT_LINES_PER_SECOND),
    ephemeralsPerSecond: orNone(config.LIMIT_EPHEMERALS_PER_SECOND),
    runs: config.LIMIT_RUNS,
    runsPerUser: config.LIMIT_RUNS_PER_USER,
    catchUpMs: config.CATCH_UP_MS,
    requestsPerConnection: config.LIMIT_REQUESTS_PER_CONNECTION,
    streamTimeoutMs: config.STREAM_TIMEOUT_MS,
    payloadBytes: config.LIMIT_PAYLOAD_BYTES,
  },
  retention: {
    maxAgeMs: config.RETENTION_AGE_MS,
    ...(config.RETENTION_EVENTS > 0 && { maxEvents: config.RETENTION_EVENTS }),
    ...(config.RETENTION_BYTES > 0 && { maxBytes: config.RETENTION_BYTES }),
  },
});
