import { expect, test } from 'vitest';
import type { TraceFields, TraceStep } from '../trace-steps.js';
import type { TraceSubject } from './detail.js';
import { LineWriter } from './line.js';
import { toRaw } from './raw-line.js';
import { Selection } from './selection.js';

type Step = readonly [step: TraceStep, fields: TraceFields];

/** Which of the steps are about the subject, in their order. They are looked at from the last to the first. */
function chosen(
  subject: TraceSubject,
  steps: readonly Step[],
  { twice = false, connections = [] as readonly string[] } = {},
): readonly string[] {
  const writer = new LineWriter('node-1', 0);
  const raws = steps.map(([step, fields]) => toRaw(writer.write(0, step, fields)));
  const selection = new Selection(subject, undefined, connections);
  if (twice) for (const raw of [...raws].reverse()) selection.take(raw);
  const taken = [...raws].reverse().map((raw) => selection.take(raw));
  return taken.reverse().flatMap((each, index) => (each ? [`${steps[index]?.[0]} ${each}`] : []));
}

const SESSION = 'session-of-alice-0000';
const OTHER = 'session-of-bob-000000';
const ids = { session_id: SESSION, thread_id: 't', connection: 'c1' };

test('a session has the lines of its connections, of its thread and of its nodes', () => {
  const steps: readonly Step[] = [
    ['process_started', {}],
    ['connect', { connection: 'c1', address: '192.0.2.1' }],
    ['connect', { connection: 'c2', address: '192.0.2.2' }],
    ['register', { ...ids, user_id: 'alice' }],
    ['register', { session_id: OTHER, thread_id: 't', connection: 'c2' }],
    // The connection carries another session, too.
    ['register', { session_id: OTHER, thread_id: 'u', connection: 'c1' }],
    ['upgrade', { connection: 'c1' }],
    ['upgrade', { connection: 'c2' }],
    ['bad_input', { connection: 'c1', event: 'x' }],
    ['run_started', { run_id: 'r1', thread_id: 't' }],
    ['run_started', { run_id: 'r2', thread_id: 'u' }],
    ['sample', { ...ids, head: 3 }],
    ['sample', { session_id: OTHER, thread_id: 't', connection: 'c2' }],
    ['run_finished', { run_id: 'r1', thread_id: 't' }],
    ['drain', { connections: 2 }],
    ['disconnect', { connection: 'c1', reason: 'transport close' }],
    ['disconnect', { ...ids, reason: 'transport close' }],
  ];
  expect(chosen({ session_id: SESSION }, steps)).toEqual([
    'process_started node',
    'connect subject',
    'register subject',
    'upgrade subject',
    'bad_input subject',
    'run_started subject',
    'sample subject',
    'run_finished subject',
    'drain node',
    'disconnect subject',
    'disconnect subject',
  ]);
});

test('a v1 session goes by the id of its connection', () => {
  const connection = 'socket-id-0000000000';
  const steps: readonly Step[] = [
    ['connect', { connection }],
    ['register', { session_id: SESSION, thread_id: 't', connection, protocol: 1 }],
    ['disconnect', { session_id: SESSION, thread_id: 't', connection }],
    ['expire', { session_id: SESSION, thread_id: 't' }],
  ];
  expect(chosen({ session_id: connection }, steps.slice(0, 3))).toHaveLength(3);
  // What comes after its last connection line does not name that connection.
  expect(chosen({ session_id: SESSION }, steps)).toHaveLength(4);
});

test('what a client merely claims leads to no other lines', () => {
  const steps: readonly Step[] = [
    ['connect', { connection: 'c9', address: '203.0.113.9' }],
    ['register', ids],
    ['run_started', { run_id: 'r', thread_id: 't' }],
    ['run_started', { run_id: 's', thread_id: 'attackers' }],
    ['sample', ids],
    ['fork', { session_id: OTHER, thread_id: 't', of: SESSION, connection: 'c3' }],
    ['connect', { connection: 'c3' }],
    ['register_refused', { connection: 'c9', session_id: SESSION, thread_id: 'attackers' }],
  ];
  expect(chosen({ session_id: SESSION }, steps)).toEqual([
    'register subject',
    'run_started subject',
    'sample subject',
    'fork subject',
    'register_refused subject',
  ]);
});

test('a thread has everything that names it, and the lines of its connections', () => {
  const steps: readonly Step[] = [
    ['connect', { connection: 'c1' }],
    ['register', ids],
    ['register', { ...ids, session_id: OTHER, thread_id: 'u' }],
    ['erase', { thread_id: 't' }],
    ['erase', { thread_id: 'tt' }],
    ['access_refused', { thread_id: 't', path: '/threads/t' }],
    ['node_lost', { lost: 'node-2' }],
  ];
  expect(chosen({ thread_id: 't' }, steps)).toEqual([
    'connect subject',
    'register subject',
    'erase subject',
    'access_refused subject',
    'node_lost node',
  ]);
});

test.each(['alice', '<script>alert(1)</script>', 'ünï "quoted" \u2028', 'x'.repeat(10_000)])(
  'a user has its sessions from their beginning to their end: %.20s',
  (user_id) => {
    const steps: readonly Step[] = [
      ['connect', { connection: 'c1' }],
      ['register_refused', { connection: 'c4', thread_id: 't', user_id }],
      ['register', { ...ids, user_id: harmless(user_id) }],
      ['register', { session_id: OTHER, thread_id: 't', connection: 'c2', user_id: `${user_id}2` }],
      ['run_started', { run_id: 'r', thread_id: 't', user_id: harmless(user_id) }],
      ['sample', ids],
      ['sample', { session_id: OTHER, thread_id: 't', connection: 'c2' }],
      ['run_finished', { run_id: 'r', thread_id: 't' }],
      ['disconnect', ids],
    ];
    const expected = ['connect', 'register', 'run_started', 'sample', 'run_finished', 'disconnect'];
    const isLong = user_id.length > 256;
    const found = chosen({ user_id }, steps, { twice: true }).map((each) => each.split(' ')[0]);
    // Two users whose ids agree in their first 256 characters are not told apart.
    expect(found).toEqual(expect.arrayContaining(expected));
    if (!isLong) expect(found.filter((each) => each === 'sample')).toHaveLength(1);
  },
);

/** As the trace writes it. */
const harmless = (text: string) => text.replaceAll('\u2028', '\\u2028');

test('a connection that is known to carry it belongs to it before a line has named it', () => {
  const steps: readonly Step[] = [
    ['register', ids],
    ['limit', { limit: 'ephemeralsPerSecond', connection: 'c1', thread_id: 't' }],
    ['upgrade_failed', { connection: 'c2' }],
  ];
  expect(chosen({ session_id: SESSION }, steps)).toEqual(['register subject']);
  expect(chosen({ session_id: SESSION }, steps, { connections: ['c1'] })).toEqual([
    'register subject',
    'limit subject',
  ]);
});
