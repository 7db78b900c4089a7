import { expect, test } from 'vitest';
import { createMemoryStore } from '../../stores/memory.js';
import type { Store } from '../../stores/store.js';
import { ReportMemory } from '../client-reports/report-memory.js';
import { writeReport } from '../client-reports/report-text.js';
import type { TraceFields, TraceStep } from '../trace-steps.js';
import { LineWriter } from './line.js';
import type { PeerQuery, TracePeers } from './peers.js';
import { Ring } from './ring.js';
import { TraceQuery } from './trace-query.js';

const SESSION = 'session-of-alice-0000';
const ids = { session_id: SESSION, thread_id: 't' };

type Handler = (query: PeerQuery) => unknown;

/** Nodes that reach each other at once, but for those that are cut off. Each has a clock of a different time. */
class Cluster {
  readonly store: Pick<Store, 'sessions' | 'logs'> = createMemoryStore();
  readonly cutOff = new Set<string>();
  /** The time that all agree upon. */
  now = 1_000_000;
  readonly #handlers = new Map<string, Map<string, Handler>>();

  node(name: string, aheadMs = 0) {
    const clock = {
      now: () => this.now,
      wall: () => this.now + aheadMs,
      after: (_ms: number, fn: () => void) => {
        queueMicrotask(fn);
        return () => {};
      },
    };
    const lines = new Ring({ maxBytes: 1e6, maxAgeMs: 1e9, clock });
    const reports = new ReportMemory({ maxBytes: 1e6, maxAgeMs: 1e9 }, clock);
    const writer = new LineWriter(name, clock.wall());
    const handlers = new Map<string, Handler>();
    this.#handlers.set(name, handlers);
    const peers: TracePeers = {
      alive: async () => [...this.#handlers.keys()].filter((each) => each !== name),
      call: async (node, query) => {
        const handler = this.#handlers.get(node)?.get(query.about);
        if (this.cutOff.has(node) || !handler) return undefined;
        // As a message between nodes.
        return JSON.parse(JSON.stringify(await handler(JSON.parse(JSON.stringify(query)))));
      },
      onCall: (about, handler) => void handlers.set(about, handler),
    };
    const query = new TraceQuery({ node: name, lines, reports, store: this.store, peers, clock });
    const add = (step: TraceStep, fields: TraceFields) => {
      this.now += 1;
      lines.append(writer.write(clock.wall(), step, fields));
    };
    const report = (note: string) => {
      this.now += 1;
      const head = { time: clock.wall(), node: name, ...ids };
      return reports.put(SESSION, writeReport(head, { note, diagnostics: {} }));
    };
    return { add, query, lines, report };
  }

  leave(name: string): void {
    this.#handlers.delete(name);
  }
}

const LIMIT = { limit: 100 };
const steps = (answer: { readonly lines: readonly { step: string; node: string }[] }) =>
  answer.lines.map(({ step, node }) => `${node} ${step}`);

test('a session that has moved is shown in one order, with how far the clocks are apart', async () => {
  const cluster = new Cluster();
  const one = cluster.node('node-1');
  const other = cluster.node('node-2', 3_600_000);
  one.add('connect', { connection: 'c1' });
  one.add('register', { ...ids, connection: 'c1' });
  other.add('register', { ...ids, connection: 'c2', former_node: 'node-1' });
  one.add('taken_over', { ...ids, connection: 'c1' });
  const answer = await one.query.ask({ session_id: SESSION }, LIMIT);
  expect(steps(answer)).toEqual([
    'node-1 connect',
    'node-1 register',
    'node-2 register',
    'node-1 taken_over',
  ]);
  expect(answer).toMatchObject({ node: 'node-1', missing: [], next: null });
  expect(answer.nodes).toMatchObject([
    { node: 'node-1', kept: 'memory', clock_offset_ms: 0, stopped: null, dropped: 0 },
    { node: 'node-2', kept: 'memory', clock_offset_ms: 3_600_000 },
  ]);
  // Each line has the time of its node.
  expect(answer.lines[2]?.time).toBeGreaterThan(4_600_000);
  const earlier = await other.query.ask({ session_id: SESSION }, { ...LIMIT, before: 4_600_003 });
  expect(steps(earlier)).toEqual(['node-1 connect', 'node-1 register']);
});

test('replies that another node produced belong to the session of their thread', async () => {
  const cluster = new Cluster();
  const one = cluster.node('node-1');
  const other = cluster.node('node-2');
  const third = cluster.node('node-3');
  one.add('register', { ...ids, connection: 'c1' });
  other.add('run_started', { run_id: 'r', thread_id: 't' });
  one.add('sample', ids);
  // The store does not know the session any more, and the node that is asked never did.
  const answer = await third.query.ask({ session_id: SESSION }, LIMIT);
  expect(steps(answer)).toEqual(['node-1 register', 'node-2 run_started', 'node-1 sample']);
});

test('a user is shown its sessions from their beginning to their end', async () => {
  const one = new Cluster().node('node-1');
  one.add('register', { ...ids, user_id: 'alice' });
  // Only the first line of a session names its user.
  one.add('sample', ids);
  one.add('sample', { ...ids, session_id: 'session-of-bob-000000' });
  const answer = await one.query.ask({ user_id: 'alice' }, LIMIT);
  expect(steps(answer)).toEqual(['node-1 register', 'node-1 sample']);
});

test('a node that does not answer is marked, and the rest is shown', async () => {
  const cluster = new Cluster();
  const one = cluster.node('node-1');
  const other = cluster.node('node-2');
  one.add('register', ids);
  other.add('register', ids);
  cluster.cutOff.add('node-2');
  const answer = await one.query.ask({ thread_id: 't' }, LIMIT);
  expect(steps(answer)).toEqual(['node-1 register']);
  expect(answer.missing).toEqual([{ node: 'node-2', reason: 'no_answer' }]);
});

test('a node that is gone is marked as missing, unless its lines are in the folder of another process', async () => {
  const cluster = new Cluster();
  const one = cluster.node('node-1');
  one.add('register', { ...ids, former_node: 'node-0' });
  const ask = () => one.query.ask({ session_id: SESSION }, LIMIT);
  expect((await ask()).missing).toEqual([{ node: 'node-0', reason: 'lost' }]);
  one.lines.append(new LineWriter('node-0', 1).write(5, 'register', ids));
  expect((await ask()).missing).toEqual([]);
  cluster.leave('node-1');
});

test('lines of before an erasure are not shown, also if they are still there', async () => {
  const cluster = new Cluster();
  const one = cluster.node('node-1');
  await cluster.store.logs.append('t', ['["note",1]']);
  one.add('run_started', { run_id: 'r', thread_id: 't' });
  await cluster.store.logs.delete('t');
  one.add('erase', { thread_id: 't' });
  cluster.now = Date.now() + 1_000;
  one.add('run_started', { run_id: 's', thread_id: 't' });
  expect(steps(await one.query.ask({ thread_id: 't' }, LIMIT))).toEqual([
    'node-1 erase',
    'node-1 run_started',
  ]);
});

test('an outage of the store hides no lines', async () => {
  const cluster = new Cluster();
  const one = cluster.node('node-1');
  one.add('register', ids);
  const fails = async () => {
    throw new Error('The store does not answer');
  };
  Object.assign(cluster.store.sessions, { get: fails, ofThread: fails });
  Object.assign(cluster.store.logs, { head: fails });
  for (const subject of [{ session_id: SESSION }, { thread_id: 't' }]) {
    expect(steps(await one.query.ask(subject, LIMIT))).toEqual(['node-1 register']);
  }
});

test('a long trace is read page by page, the newest first', async () => {
  const cluster = new Cluster();
  const one = cluster.node('node-1');
  for (let n = 1; n <= 25; n += 1) one.add('sample', { ...ids, head: n });
  const heads: unknown[] = [];
  let before: number | undefined;
  do {
    const { lines, next } = await one.query.ask({ session_id: SESSION }, { limit: 10, before });
    heads.unshift(...lines.map(({ head }) => head));
    before = next ?? undefined;
  } while (before !== undefined);
  expect(heads).toEqual(Array.from({ length: 25 }, (_, n) => n + 1));
});

test('the newest report of all nodes is on the first page about its session', async () => {
  const cluster = new Cluster();
  const one = cluster.node('node-1');
  const other = cluster.node('node-2', -3_600_000);
  one.add('register', { ...ids, connection: 'c1' });
  await one.report('earlier');
  await other.report('later');
  const first = await one.query.ask({ session_id: SESSION }, LIMIT);
  expect(first.client).toMatchObject({ node: 'node-2', note: 'later' });
  const next = await one.query.ask({ session_id: SESSION }, { ...LIMIT, before: 9e12 });
  expect(next.client).toBeNull();
  expect((await one.query.ask({ thread_id: 't' }, LIMIT)).client).toBeNull();
});
