import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { TraceLine } from '../session-trace/line.js';
import type { TraceStep, TraceValue } from '../trace-steps.js';
import { type Facts, FINDING_CODES, NO_FACTS, type RunFacts } from './facts.js';
import { findingsOf } from './findings.js';

const NOW = Date.UTC(2026, 0, 31, 14, 32);
const ago = (ms: number): string => new Date(NOW - ms).toISOString();
const MIN = 60_000;

type Session = NonNullable<Facts['session']>;

/** A session on a WebSocket that has acknowledged all there is. */
const SESSION: Session = {
  session_id: 's',
  thread_id: 't',
  user_id: 'ada',
  protocol: 2,
  status: 'active',
  transport: 'websocket',
  connection_id: 'c',
  node: 'n',
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
  node: 'n',
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
const RUN: RunFacts = {
  run_id: 'r',
  status: 'completed',
  node: 'n',
  published: true,
  started_at: ago(2 * MIN),
  ended_at: ago(MIN),
  waits: false,
  last_part_at: null,
  error: null,
};

let seq = 0;
const line = (
  step: TraceStep,
  msAgo: number,
  fields: Readonly<Record<string, TraceValue>> = {},
): TraceLine => {
  seq += 1;
  return { time: NOW - msAgo, seq, node: 'n', started_at: 1, step, session_id: 's', ...fields };
};
/** A line about the process. */
const ofNode = (
  step: TraceStep,
  msAgo: number,
  fields: Readonly<Record<string, TraceValue>> = {},
) => {
  const { session_id: _, ...rest } = line(step, msAgo, fields);
  return rest as TraceLine;
};
const REGISTERED = line('register', 10 * MIN, { outcome: 'new', connection: 'c' });

interface Given extends Partial<Omit<Facts, 'session' | 'connection' | 'node'>> {
  readonly session?: Partial<Session> | null;
  readonly connection?: Partial<typeof CONNECTION>;
  readonly node?: Partial<typeof NODE>;
}

function codesFor({ session = {}, connection = {}, node = {}, ...more }: Given) {
  const facts: Facts = {
    now: NOW,
    session: session === null ? undefined : { ...SESSION, ...session },
    connection: { ...CONNECTION, ...connection },
    node: { ...NODE, ...node },
    ...NO_FACTS,
    runs: [RUN],
    lines: [REGISTERED],
    ...more,
  };
  const findings = findingsOf(facts);
  for (const { title, evidence, next } of findings) {
    for (const text of [title, ...evidence, next]) {
      expect(text).toMatch(/\S/);
      expect(text).not.toMatch(/undefined|NaN|null|Infinity/);
    }
    expect(evidence.length).toBeGreaterThan(0);
  }
  return findings.map(({ code }) => code);
}

const SILENT = { last_activity: ago(20_000), last_ping: ago(20_000) } as const;
const FROZEN = { page: false, link: true, in_flight_bytes: 9_000 } as const;
const CUT_OFF = { page: false, link: false, in_flight_bytes: 900 } as const;
const BEHIND = { page: false, link: false, in_flight_bytes: 90_000 } as const;
const OWES = { oldest_unacknowledged_ms: 15_000, sent: 20, offset: 10, lag: 10 } as const;
const cuts = (...ages: readonly number[]) =>
  ages.map((ms, index) =>
    line('disconnect', (10 - index) * MIN, {
      connection: `c${index}`,
      reason: 'transport close',
      ms,
    }),
  );
const restart = [
  REGISTERED,
  ofNode('process_started', MIN, { node: 'n2', started_at: 2 }),
  ofNode('not_stopped', MIN, { node: 'n2', started_at: 2, runs: 1, last_at: NOW - 2 * MIN }),
];

const FIRST: readonly [code: string, given: Given][] = [
  [
    'node_lost',
    {
      session: { node: 'n2' },
      lines: [
        REGISTERED,
        ofNode('node_lost', 5_000, { node: 'n2', lost: 'n', sessions: 4, runs: 1 }),
        line('register', 3_000, { node: 'n2', former_node: 'n' }),
      ],
      runs: [{ ...RUN, status: 'interrupted', ended_at: ago(5_000) }],
    },
  ],
  // Its client was back before the loss was noticed, and the lines of the lost node are lost.
  [
    'node_lost',
    {
      session: { node: 'n2' },
      lines: [
        line('register', 8_000, { node: 'n2', former_node: 'n' }),
        ofNode('node_lost', 3_000, { node: 'n2', lost: 'n', sessions: 4, runs: 0 }),
      ],
    },
  ],
  ['server_killed', { lines: restart, runs: [{ ...RUN, status: 'interrupted' }] }],
  [
    'server_drained',
    { lines: [REGISTERED, ofNode('drain', 5_000, { connections: 3, runs: 0 })], session: null },
  ],
  ['storage_full', { node: { storage_full: true } }],
  [
    'loop_blocked',
    { node: { loop_delay_ms: 400 }, session: { ...OWES, ...SILENT }, probe: CUT_OFF },
  ],
  ['store_slow', { node: { commit_ms: 900 } }],
  ['store_slow', { node: { append_waits_ms: 3_000 } }],
  ['store_slow', { storeSilentMs: 1_000 }],
  [
    'user_revoked',
    {
      session: null,
      lines: [
        REGISTERED,
        line('disconnect', 5_000, { reason: 'revoked' }),
        line('register_refused', 1_000, { code: 'authorisation', address: '192.0.2.1' }),
      ],
    },
  ],
  ['token_refused', { lines: [line('register_refused', 1_000, { code: 'unauthenticated' })] }],
  [
    'token_expired',
    { lines: [REGISTERED, line('disconnect', 1_000, { reason: 'token_expired' })] },
  ],
  [
    'limit_hit',
    { lines: [REGISTERED, line('limit', 9_000, { limit: 'eventsPerSecond', times: 8 })] },
  ],
  [
    'wrong_node',
    {
      otherNodes: 1,
      node: { misrouted_requests: 7 },
      connection: { transport: 'polling' },
      session: { transport: 'polling' },
    },
  ],
  ['taken_over', { lines: [REGISTERED, line('taken_over', 1_000, { by: 'c2', connection: 'c' })] }],
  ['thread_erased', { lines: [REGISTERED, line('reset', 1_000, { reason: 'deleted', from: 1 })] }],
  ['history_lost', { lines: [REGISTERED, line('reset', 1_000, { reason: 'diverged', from: 1 })] }],
  [
    'events_trimmed',
    { lines: [REGISTERED, line('gap', 1_000, { reason: 'trimmed', gap_from: 3, gap_to: 9 })] },
  ],
  [
    'page_frozen',
    { session: { ...OWES, ...SILENT, client_info: { visible: false } }, probe: CUT_OFF },
  ],
  ['page_frozen', { session: { ...OWES, ...SILENT }, probe: FROZEN }],
  [
    'page_frozen',
    { lines: [REGISTERED, line('frozen', 1_000, { frozen_ms: 30_000, silent_ms: 31_000 })] },
  ],
  ['steady_cuts', { lines: cuts(60_000, 60_200, 59_900, 60_100) }],
  [
    'stuck_on_polling',
    {
      connection: { transport: 'polling', failed_upgrades: 1, upgrade_failure: 'abandoned' },
    },
  ],
  ['half_open_link', { session: { ...OWES, ...SILENT }, probe: CUT_OFF }],
  // After a ping that did not come, it is no longer the speed of the link.
  ['half_open_link', { session: { ...OWES, ...SILENT }, probe: BEHIND }],
  // A client that is not asked, as those of v1 are not.
  ['half_open_link', { session: { ...OWES, last_activity: ago(31_000), last_ping: null } }],
  [
    'half_open_link',
    { lines: [REGISTERED, line('disconnect', 1_000, { reason: 'ping timeout' })] },
  ],
  [
    'acknowledgements_withheld',
    { session: { ...OWES, last_activity: ago(1_000), last_ping: ago(1_000) } },
  ],
  [
    'slow_reader',
    { session: { ...OWES, acknowledged_age_ms: 400, delivered_per_s: 3, waiting: 'credit' } },
  ],
  // One frame is on its way for long, and nothing overtakes it.
  [
    'slow_reader',
    { session: { ...OWES, last_activity: ago(9_000), last_ping: ago(9_000) }, probe: BEHIND },
  ],
  [
    'expired_while_away',
    { session: null, lines: [REGISTERED, line('expire', 1_000, { away_ms: 1_800_000 })] },
  ],
  ['clocks_differ', { clockOffsetsMs: { n2: -4_000 } }],
  ['run_stalled', { runs: [{ ...RUN, status: 'running', ended_at: null }] }],
  [
    'run_stalled',
    {
      runs: [
        { ...RUN, run_id: 'r2', status: 'running', waits: true, ended_at: null },
        { ...RUN, status: 'running', ended_at: null },
      ],
    },
  ],
  ['run_waiting', { runs: [{ ...RUN, status: 'running', waits: true, ended_at: null }] }],
  ['run_failed', { runs: [{ ...RUN, status: 'failed', error: 'no_credit' }] }],
  ['run_interrupted', { runs: [{ ...RUN, status: 'interrupted' }] }],
  ['run_cancelled', { runs: [{ ...RUN, status: 'cancelled' }] }],
];

describe('the first finding is the cause', () => {
  test.each(FIRST)('%s', (code, given) => {
    expect(codesFor(given)[0]).toBe(code);
  });

  test('each finding can be one', () => {
    expect(new Set(FIRST.map(([code]) => code))).toEqual(new Set(FINDING_CODES));
  });
});

test('docs/monitoring.md has each finding, in the same order', () => {
  const page = readFileSync(new URL('../../../../../docs/monitoring.md', import.meta.url), 'utf8');
  const [, table = ''] = page.split('## Findings');
  const codes = [...table.matchAll(/^\| `(\w+)` \| [^|]+ \|$/gm)].map(([, code]) => code);
  expect(codes).toEqual([...FINDING_CODES]);
});

describe('nothing is found', () => {
  test.each<[name: string, given: Given]>([
    ['of a session that has all there is', {}],
    [
      'of one that has just been sent an event',
      { session: { oldest_unacknowledged_ms: 300, lag: 1 } },
    ],
    [
      'of one that answers, and owes what came since its last ping',
      {
        session: { ...SILENT, oldest_unacknowledged_ms: 14_000, lag: 3 },
        probe: { page: true, link: true, in_flight_bytes: 900 },
      },
    ],
    [
      'of one that is between two polls',
      {
        session: { ...OWES, transport: 'polling', waiting: 'transport', last_activity: ago(300) },
        connection: { transport: 'polling', buffered: { packets: 2, bytes: 900 } },
      },
    ],
    [
      'of one that is not asked, and may ping soon',
      { session: { ...SILENT, oldest_unacknowledged_ms: 14_000, lag: 3 } },
    ],
    [
      'of a page in the background that owes nothing',
      { session: { client_info: { visible: false } } },
    ],
    [
      'of a client that has chosen polling',
      { connection: { transport: 'polling' }, session: { transport: 'polling' } },
    ],
    [
      'of one that was asked a moment ago',
      {
        session: { status: 'idle', last_activity: ago(61_000), last_ping: ago(61_000) },
        lines: [REGISTERED, line('idle', 1_000, { silent_ms: 60_000 })],
      },
    ],
    [
      'of connections that a user ended at any time',
      { lines: cuts(3_000, 190_000, 60_000, 900_000) },
    ],
    ['of two cuts of the same length', { lines: cuts(60_000, 60_100) }],
    [
      'of three cuts of the same length before one of another',
      { lines: cuts(60_000, 60_000, 60_000, 90_000) },
    ],
    [
      'of requests that missed their connection on a server without others',
      { node: { misrouted_requests: 7 } },
    ],
    [
      'of a node that was killed and has carried others only',
      {
        lines: [
          REGISTERED,
          ofNode('not_stopped', MIN, { node: 'n3', started_at: 2, former: 'n3' }),
        ],
      },
    ],
    [
      'of a reply whose node does not answer',
      { runs: [{ ...RUN, status: 'running', waits: null, ended_at: null }] },
    ],
    [
      'while a node that carried nothing of it is lost',
      { lines: [REGISTERED, ofNode('node_lost', 1_000, { lost: 'n9' })] },
    ],
    [
      'of a reply that has just begun',
      { runs: [{ ...RUN, status: 'running', started_at: ago(3_000), ended_at: null }] },
    ],
    [
      'of a reply that failed, once another one is complete',
      { runs: [RUN, { ...RUN, run_id: 'r0', status: 'failed' }] },
    ],
    ['of a session without a connection', { session: { status: 'disconnected' }, connection: {} }],
    [
      'of a process that was stopped and started',
      {
        lines: [
          REGISTERED,
          ofNode('process_stopped', 2_000),
          ofNode('process_started', 1_000, { started_at: 2 }),
        ],
      },
    ],
  ])('%s', (_name, given) => {
    expect(codesFor(given)).toEqual([]);
  });
});

test('what holds now comes before what is over, and a newer incident before an older one', () => {
  const lines = [
    REGISTERED,
    line('gap', 60 * MIN, { reason: 'trimmed', gap_from: 3, gap_to: 9 }),
    ...restart.slice(1),
    line('register', MIN - 1_000, { node: 'n2', started_at: 2, outcome: 'resumed' }),
  ];
  const runs = [{ ...RUN, status: 'interrupted' as const }];
  const session = { ...OWES, ...SILENT };
  expect(codesFor({ lines, runs, session, probe: CUT_OFF })).toEqual([
    'half_open_link',
    'server_killed',
    'run_interrupted',
    'events_trimmed',
  ]);
});
