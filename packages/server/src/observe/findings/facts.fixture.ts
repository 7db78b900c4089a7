/** Facts for tests of findings: of a healthy session, and what a test changes of it. */

import type { TraceLine } from '../session-trace/line.js';
import type { TraceStep, TraceValue } from '../trace-steps.js';
import { type Facts, NO_FACTS, type RunFacts } from './facts.js';

const NOW = Date.UTC(2026, 0, 31, 14, 32);
export const ago = (ms: number): string => new Date(NOW - ms).toISOString();
export const MIN = 60_000;

type Session = NonNullable<Facts['session']>;

/** A session on a WebSocket that has acknowledged all there is. */
const SESSION: Session = {
  session_id: 's',
  thread_id: 't',
  user_id: 'alice',
  protocol: 2,
  status: 'active',
  transport: 'websocket',
  connection_id: 'c',
  node: 'node-1',
  created_at: ago(10 * MIN),
  connected_at: ago(10 * MIN),
  last_activity: ago(12_000),
  last_ping: ago(12_000),
  disconnected_at: null,
  expires_at: null,
  resumes: 0,
  epoch: 'e',
  cursor: 'e.20',
  offset: 20,
  sent: 20,
  head: 20,
  lag: 0,
  waiting: null,
  rtt_ms: 12,
  client_info: { visible: true },
  remote_address: '192.0.2.1',
  acknowledged_age_ms: 40_000,
  oldest_unacknowledged_ms: 0,
  delivered_per_s: 0,
};
const CONNECTION: NonNullable<Facts['connection']> = {
  connection_id: 'c',
  status: 'registered',
  transport: 'websocket',
  transports: [],
  failed_upgrades: 0,
  upgrade_failure: null,
  remote_address: '192.0.2.1',
  user_agent: 'a browser',
  connected_at: ago(10 * MIN),
  received: { packets: 0, bytes: 0, packets_per_s: 0, bytes_per_s: 0 },
  sent: { packets: 0, bytes: 0, packets_per_s: 0, bytes_per_s: 0 },
  buffered: { packets: 0, bytes: 0 },
};
const NODE: NonNullable<Facts['node']> = {
  node: 'node-1',
  draining: false,
  loop_delay_ms: 1,
  commit_ms: 4,
  append_waits_ms: 0,
  storage_full: false,
  misrouted_requests: 0,
  connections: 40,
  stuck_connections: 0,
  run_stall_ms: 180_000,
  ping_interval_ms: 15_000,
};
export const RUN: RunFacts = {
  run_id: 'r',
  status: 'completed',
  node: 'node-1',
  published: true,
  started_at: ago(2 * MIN),
  ended_at: ago(MIN),
  waits: false,
  last_part_at: null,
  error: null,
};

let seq = 0;
export const line = (
  step: TraceStep,
  msAgo: number,
  fields: Readonly<Record<string, TraceValue>> = {},
): TraceLine => {
  seq += 1;
  return {
    time: NOW - msAgo,
    seq,
    node: 'node-1',
    started_at: 1,
    step,
    session_id: 's',
    ...fields,
  };
};
/** A line about the process. */
export const ofNode = (
  step: TraceStep,
  msAgo: number,
  fields: Readonly<Record<string, TraceValue>> = {},
) => {
  const { session_id: _, ...rest } = line(step, msAgo, fields);
  return rest as TraceLine;
};
export const REGISTERED = line('register', 10 * MIN, { outcome: 'new', connection: 'c' });

export interface Given extends Partial<Omit<Facts, 'session' | 'connection' | 'node'>> {
  readonly session?: Partial<Session> | null;
  readonly connection?: Partial<typeof CONNECTION>;
  readonly node?: Partial<typeof NODE>;
}

export const factsOf = ({ session = {}, connection = {}, node = {}, ...more }: Given): Facts => ({
  now: NOW,
  session: session === null ? undefined : { ...SESSION, ...session },
  connection: { ...CONNECTION, ...connection },
  node: { ...NODE, ...node },
  ...NO_FACTS,
  runs: [RUN],
  lines: [REGISTERED],
  ...more,
});

export const SILENT = { last_activity: ago(20_000), last_ping: ago(20_000) } as const;
export const FROZEN = { page: false, link: true, in_flight_bytes: 9_000 } as const;
export const CUT_OFF = { page: false, link: false, in_flight_bytes: 900 } as const;
export const BEHIND = { page: false, link: false, in_flight_bytes: 90_000 } as const;
export const OWES = { oldest_unacknowledged_ms: 15_000, sent: 20, offset: 10, lag: 10 } as const;
export const cuts = (...ages: readonly number[]) =>
  ages.map((ms, index) =>
    line('disconnect', (10 - index) * MIN, {
      connection: `c${index}`,
      reason: 'transport close',
      ms,
    }),
  );
export const restart = [
  REGISTERED,
  ofNode('process_started', MIN, { node: 'node-2', started_at: 2 }),
  ofNode('not_stopped', MIN, {
    ...{ node: 'node-2', started_at: 2, runs: 1 },
    ...{ last_at: NOW - MIN - 3_000, former: 'node-1' },
  }),
];
