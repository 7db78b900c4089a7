import { describe, expect, test } from 'vitest';
import {
  ago,
  CUT_OFF,
  cuts,
  factsOf,
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
import { FINDING_CODES } from './facts.js';
import { findingsOf } from './findings.js';
import { STAGED } from './staged-facts.fixture.js';

/** The codes of what is found, each with words that are whole. */
function codesFor(given: Given) {
  const findings = findingsOf(factsOf(given));
  for (const { title, evidence, next } of findings) {
    for (const text of [title, ...evidence, next]) {
      expect(text).toMatch(/\S/);
      expect(text).not.toMatch(/undefined|NaN|null|Infinity/);
    }
    expect(evidence.length).toBeGreaterThan(0);
  }
  return findings.map(({ code }) => code);
}

describe('the first finding is the cause', () => {
  test.each(STAGED)('%s', (code, given) => {
    expect(codesFor(given)[0]).toBe(code);
  });

  test('each finding can be one', () => {
    expect(new Set(STAGED.map(([code]) => code))).toEqual(new Set(FINDING_CODES));
  });
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
          ofNode('not_stopped', MIN, { node: 'node-3', started_at: 2, former: 'node-3' }),
        ],
      },
    ],
    [
      'of a reply whose node does not answer',
      { runs: [{ ...RUN, status: 'running', waits: null, ended_at: null }] },
    ],
    [
      'while a node that carried nothing of it is lost',
      { lines: [REGISTERED, ofNode('node_lost', 1_000, { lost: 'node-9' })] },
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
    line('register', MIN - 1_000, { node: 'node-2', started_at: 2, outcome: 'resumed' }),
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
