/**
 * Every metric, once: its name without the prefix, what it says, and its labels. Units are seconds and bytes.
 * docs/monitoring.md has the same table.
 */

import type { Label } from './counter.js';
import * as label from './labels.js';

export const PREFIX = 'session_monitor_';

export interface Declaration {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly Label[];
}

const counter = <const Labels extends readonly Label[]>(help: string, ...labels: Labels) =>
  ({ type: 'counter', help, labels }) as const;
const gauge = <const Labels extends readonly Label[]>(help: string, ...labels: Labels) =>
  ({ type: 'gauge', help, labels }) as const;
const histogram = (help: string, bounds: readonly number[]) =>
  ({ type: 'histogram', help, labels: [], bounds }) as const;

/** Figures that are counted where they happen. */
export const COUNTERS = {
  connections_total: counter('Socket.IO connections that came.', label.TRANSPORT),
  disconnects_total: counter(
    'Connections that ended, by the reason of Socket.IO.',
    label.DISCONNECT,
  ),
  upgrades_total: counter('Connections that changed from polling to WebSocket.'),
  upgrade_failures_total: counter(
    'WebSocket upgrades that failed. no_upgrade_header: a proxy has removed the header Upgrade. abandoned: begun and not completed.',
    label.UPGRADE,
  ),
  registrations_total: counter(
    'Registrations that were granted, by their outcome and the reason of it.',
    label.OUTCOME,
    label.OUTCOME_REASON,
  ),
  registrations_refused_total: counter('Registrations that were refused.', label.CODE),
  resumes_total: counter('Sessions that went on from another cursor, on the connection they had.'),
  replayed_events_total: counter(
    'Events that waited for a session when it registered or resumed.',
    label.BEGINNER,
  ),
  gaps_total: counter(
    'Gaps that were announced: the reader lacks events that are no longer kept. new: it had none, as a page that opens a trimmed thread.',
    label.GAP_REASON,
    label.READER,
  ),
  resets_total: counter(
    'Resets that were announced: the history of the reader is void.',
    label.RESET_REASON,
  ),
  events_published_total: counter('Events that this node appended, once they are durable.'),
  event_bytes_published_total: counter('Encoded bytes of these events.'),
  events_sent_total: counter(
    'Events sent to readers, in frames. One may stand for many of a reply that has ended.',
    label.LINK,
  ),
  event_bytes_sent_total: counter('Encoded bytes of the events sent to readers.', label.LINK),
  events_delivered_total: counter(
    'Sent events that were acknowledged; on streams, that have left for the network.',
    label.LINK,
  ),
  event_bytes_delivered_total: counter('Encoded bytes of these events.', label.LINK),
  pump_pauses_total: counter(
    'How often a reader began to wait although there were events for it: for its acknowledgement (credit), for its connection (transport), for its turn (pacing).',
    label.PAUSE,
  ),
  runs_started_total: counter('Runs that were accepted.'),
  runs_finished_total: counter(
    'Runs that ended. interrupted: the server stopped, or was lost.',
    label.RUN_END,
  ),
  refusals_total: counter(
    'Requests and messages that were answered with an error. bad_request, bad_thread_id, missing_ack, unknown_event and too_large are bad input.',
    label.OVER,
    label.ANY_CODE,
  ),
  steps_total: counter(
    'Further steps in the life of sessions, as the trace names them.',
    label.STEP,
  ),
} as const satisfies Readonly<Record<string, Declaration>>;

/** From a flush of a fast disk to a page that is back after a minute. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const BYTES = [256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304];

export const HISTOGRAMS = {
  publish_durable_seconds: histogram(
    'From the request to publish until the event is durable. A sample: one publication at a time on each node.',
    SECONDS,
  ),
  publish_sent_seconds: histogram(
    'From the request to publish until the first session was sent the event. A sample: one event at a time of each thread that has sessions here, up to a minute.',
    SECONDS,
  ),
  publish_acknowledged_seconds: histogram(
    'From the request to publish until the first session acknowledged the event. The same sample.',
    SECONDS,
  ),
  round_trip_seconds: histogram(
    'Round trips of pings, as clients measured them, up to a minute.',
    SECONDS,
  ),
  first_part_seconds: histogram(
    'From the start of a run to the first part of its responder; the wait for its turn is included.',
    SECONDS,
  ),
  store_commit_seconds: histogram(
    'Commits of the store: a transaction with its flush, or a command of Redis that appends.',
    SECONDS,
  ),
  store_commit_bytes: histogram('What a commit of the store wrote.', BYTES),
  loop_delay_seconds: histogram(
    'How late the event loop was, looked at ten times a second.',
    SECONDS,
  ),
} as const;

/** Figures that are read when they are asked for: something else has them. */
export const READ = {
  info: gauge(
    '1. The version of the server, and the kind of its store.',
    label.VERSION,
    label.STORE,
  ),
  connections: gauge('Socket.IO connections now.', label.TRANSPORT),
  connections_used_ratio: gauge(
    'Connections of the HTTP server, of as many as its descriptors or LIMIT_CONNECTIONS allow. Only on a server of sessions alone.',
  ),
  sessions: gauge('Sessions on a connection of this node now.', label.SESSION_STATE),
  session_records: gauge(
    'Session records of the whole store. Nodes that share a store have the same.',
    label.RECORD_STATE,
  ),
  streams: gauge('Streams over HTTP that are open now.'),
  threads_open: gauge('Threads with readers on this node now.'),
  runs: gauge('Runs of this node that have not ended.', label.RUN_STATE),
  memory_bytes: gauge('Memory of the process.', label.MEMORY),
  store_space_bytes: gauge(
    'What the store can still grow by, and what it keeps free of that for writes that do not grow it. Absent where the store does not know.',
    label.SPACE,
  ),
  store_full: gauge('1 while the store refuses events because it is nearly full.'),
  store_available: gauge('0 while the store does not answer.'),
  draining: gauge('1 while the server stops.'),
  nodes: gauge(
    'Servers on the store: this one and those whose heartbeats it has, and which of them do not answer it.',
    label.NODE_STATE,
  ),
  misrouted_requests_total: counter('Requests of polling clients that belong to another server.'),
  limits_hit_total: counter('How often a limit of docs/security.md was hit.', label.LIMIT),
} as const satisfies Readonly<Record<string, Declaration>>;

export const METRICS: Readonly<Record<string, Declaration>> = {
  ...COUNTERS,
  ...HISTOGRAMS,
  ...READ,
};
