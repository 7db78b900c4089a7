/** The variables that limit what clients may use. docs/security.md has the reasons. */

import { DEFAULT_MAX_EVENT_BODY_BYTES } from '@session-monitor/http';
import { DEFAULT_LIMITS } from '@session-monitor/server';
import { HOUR_MS, type Variable, whole } from './variable.js';

export const LIMIT_VARIABLES = {
  AUTHORIZE_TIMEOUT_MS: whole(
    DEFAULT_LIMITS.authorizeTimeoutMs,
    1,
    60_000,
    'How long authorize may take before its caller has to try again',
  ),
  LIMIT_HANDSHAKES_PER_SECOND: whole(
    DEFAULT_LIMITS.handshakesPerSecond,
    0,
    1e6,
    'Handshakes of one address each second on average; 0 is no limit',
  ),
  LIMIT_UNREGISTERED: whole(
    DEFAULT_LIMITS.unregistered,
    0,
    1e6,
    'Connections of one address that follow nothing yet; 0 is no limit',
  ),
  LIMIT_CONNECTIONS: whole(
    DEFAULT_LIMITS.connections,
    0,
    1e6,
    'Connections of all clients together; 0 is nine tenths of the descriptors',
  ),
  LIMIT_LOOP_DELAY_MS: whole(
    DEFAULT_LIMITS.loopDelayMs,
    0,
    1e6,
    'How late the event loop may be before new connections are refused; 0 is no limit',
  ),
  LIMIT_MEMORY_PERCENT: whole(
    DEFAULT_LIMITS.memoryPercent,
    0,
    100,
    'How much of its memory the process may use before new connections are refused; 0 is no limit',
  ),
  LIMIT_AUTHORIZE_CALLS: whole(
    DEFAULT_LIMITS.authorizeCalls,
    1,
    1_000,
    'Calls of authorize that one connection may have under way',
  ),
  LIMIT_REFUSALS_PER_MINUTE: whole(
    DEFAULT_LIMITS.refusalsPerMinute,
    1,
    1e6,
    'Refusals by authorize within a minute after which a connection is closed',
  ),
  REGISTER_TIMEOUT_MS: whole(
    DEFAULT_LIMITS.registerTimeoutMs,
    0,
    HOUR_MS,
    'How long a connection may follow nothing at first; 0 is no limit',
  ),
  LIMIT_PACKETS_PER_SECOND: whole(
    DEFAULT_LIMITS.packetsPerSecond,
    0,
    1e6,
    'Packets that a connection may send each second on average; 0 is no limit',
  ),
  LIMIT_REGISTRATIONS_PER_SECOND: whole(
    DEFAULT_LIMITS.registrationsPerSecond,
    0,
    1e6,
    'Registrations of one user each second on average; 0 is no limit',
  ),
  LIMIT_SESSIONS_PER_USER: whole(
    DEFAULT_LIMITS.sessionsPerUser,
    0,
    1e9,
    'New sessions of one user within SESSION_TTL_MS; 0 is no limit',
  ),
  LIMIT_RESUMES_PER_MINUTE: whole(
    DEFAULT_LIMITS.resumesPerMinute,
    0,
    1e6,
    'Replays of threads that one user may ask for each minute: resumes, and streams over HTTP; 0 is no limit',
  ),
  LIMIT_EVENTS_PER_SECOND: whole(
    DEFAULT_LIMITS.eventsPerSecond,
    0,
    1e6,
    'Events that one user publishes each second on average; 0 is no limit',
  ),
  LIMIT_EVENT_BYTES_PER_SECOND: whole(
    DEFAULT_LIMITS.eventBytesPerSecond,
    0,
    1e12,
    'Their bytes each second on average; 0 is no limit',
  ),
  LIMIT_STREAMS_PER_USER: whole(
    DEFAULT_LIMITS.streamsPerUser,
    0,
    1e6,
    'Streams over HTTP that one user has open; 0 is no limit',
  ),
  LIMIT_REPORTS_PER_MINUTE: whole(
    DEFAULT_LIMITS.reportsPerMinute,
    0,
    1e6,
    'Reports of diagnostics that the client of one session may send each minute, and ten times as many that one address may; 0 is no limit',
  ),
  LIMIT_LINES_PER_SECOND: whole(
    DEFAULT_LIMITS.linesPerSecond,
    0,
    1e6,
    'Lines of the log that one address causes by connections and refusals each second on average; 0 is no limit',
  ),
  LIMIT_EPHEMERALS_PER_SECOND: whole(
    DEFAULT_LIMITS.ephemeralsPerSecond,
    0,
    1e6,
    'Ephemeral events that a client may send on a thread each second on average; 0 is no limit',
  ),
  LIMIT_RUNS: whole(DEFAULT_LIMITS.runs, 1, 1e6, 'Replies that may wait or be produced at a time'),
  LIMIT_RUNS_PER_USER: whole(
    DEFAULT_LIMITS.runsPerUser,
    1,
    1e6,
    'Those of one user, or of one address whose user authorize does not name',
  ),
  CATCH_UP_MS: whole(
    DEFAULT_LIMITS.catchUpMs,
    0,
    1_000,
    'How long readers that are far behind may catch up at a time, before live traffic; 0 is one frame',
  ),
  LIMIT_REQUESTS_PER_CONNECTION: whole(
    DEFAULT_LIMITS.requestsPerConnection,
    1,
    10_000,
    'HTTP requests that a connection may have unanswered',
  ),
  STREAM_TIMEOUT_MS: whole(
    DEFAULT_LIMITS.streamTimeoutMs,
    1_000,
    HOUR_MS,
    'How long the reader of a stream over HTTP may take nothing of what waits for it',
  ),
  LIMIT_PAYLOAD_BYTES: whole(
    DEFAULT_LIMITS.payloadBytes,
    1_024,
    64 * 1_024 * 1_024,
    'What one packet, or the packets of one polling request, may hold',
  ),
  LIMIT_EVENT_BODY_BYTES: whole(
    DEFAULT_MAX_EVENT_BODY_BYTES,
    1_024,
    4 * 1024 * 1024,
    'Largest body of a request that publishes an event',
  ),
} as const satisfies Record<string, Variable<unknown>>;
