/** Facts of which each finding comes first. */

import {
  ago,
  BEHIND,
  CUT_OFF,
  cuts,
  FROZEN,
  type Given,
  line,
  MIN,
  OWES,
  ofNode,
  REGISTERED,
  RUN,
  restart,
  SILENT,
} from './facts.fixture.js';
import type { FindingCode } from './facts.js';

const REFUSED = { code: 'unauthenticated', action: 'register', address: '192.0.2.1' } as const;
const EXPIRED = {
  ...{ code: 'token_expired', action: 'register', user_id: 'alice', address: '192.0.2.1' },
  expired_ms: 40_000,
} as const;
/** A page that was sent 964 events. */
const FAR = { ...OWES, sent: 984, offset: 20, lag: 964, head: 984 } as const;

/** What the finding of a code comes first of. docs/monitoring.md shows the first of each. */
export const STAGED: readonly [code: FindingCode, given: Given][] = [
  [
    'node_lost',
    {
      session: { node: 'node-2' },
      lines: [
        REGISTERED,
        ofNode('node_lost', 5_000, { node: 'node-2', lost: 'node-1', sessions: 4, runs: 1 }),
        line('register', 3_000, { node: 'node-2', former_node: 'node-1' }),
      ],
      runs: [{ ...RUN, status: 'interrupted', ended_at: ago(5_000) }],
    },
  ],
  // Its client was back before the loss was noticed, and the lines of the lost node are lost.
  [
    'node_lost',
    {
      session: { node: 'node-2' },
      lines: [
        line('register', 8_000, { node: 'node-2', former_node: 'node-1' }),
        ofNode('node_lost', 3_000, { node: 'node-2', lost: 'node-1', sessions: 4, runs: 0 }),
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
  ['token_refused', { lines: [line('register_refused', 1_000, REFUSED)] }],
  [
    'token_expired',
    {
      lines: [
        REGISTERED,
        ...[61_000, 59_000, 55_000, 47_000, 31_000, 15_000, 1_000].map((msAgo) =>
          line('register_refused', msAgo, EXPIRED),
        ),
      ],
    },
  ],
  [
    'token_expired',
    { lines: [REGISTERED, line('disconnect', 1_000, { reason: 'token_expired' })] },
  ],
  [
    'limit_hit',
    {
      lines: [
        REGISTERED,
        line('limit', 9_000, { limit: 'eventsPerSecond', times: 8, user_id: 'alice' }),
      ],
    },
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
  ['page_frozen', { session: { ...FAR, ...SILENT }, probe: FROZEN }],
  [
    'page_frozen',
    { session: { ...OWES, ...SILENT, client_info: { visible: false } }, probe: CUT_OFF },
  ],
  [
    'page_frozen',
    { lines: [REGISTERED, line('frozen', 1_000, { frozen_ms: 30_000, silent_ms: 31_000 })] },
  ],
  [
    'steady_cuts',
    { lines: cuts(10_000, 10_020, 9_990, 10_010), connection: { connected_at: ago(4_000) } },
  ],
  [
    'stuck_on_polling',
    {
      connection: {
        ...{ transport: 'polling', failed_upgrades: 1, connected_at: ago(12 * MIN) },
        ...{ upgrade_failure: 'no_upgrade_header', user_agent: 'Mozilla/5.0' },
      },
      node: { stuck_connections: 37 },
    },
  ],
  [
    'stuck_on_polling',
    { connection: { transport: 'polling', failed_upgrades: 1, upgrade_failure: 'abandoned' } },
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
  ['clocks_differ', { clockOffsetsMs: { 'node-2': -4_000 } }],
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
  [
    'run_waiting',
    {
      runs: [
        { ...RUN, status: 'running', waits: true, started_at: ago(8_000), ended_at: null },
        { ...RUN, run_id: 'r0', status: 'running', started_at: ago(9_000), ended_at: null },
      ],
    },
  ],
  ['run_waiting', { runs: [{ ...RUN, status: 'running', waits: true, ended_at: null }] }],
  ['run_failed', { runs: [{ ...RUN, status: 'failed', error: 'no_credit' }] }],
  ['run_interrupted', { runs: [{ ...RUN, status: 'interrupted' }] }],
  ['run_cancelled', { runs: [{ ...RUN, status: 'cancelled' }] }],
];
