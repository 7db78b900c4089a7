/**
 * Answers a question about a session, a thread or a user from the lines of all nodes:
 *
 *     how far are the others' clocks? ──► each node looks through its own lines ──► one order, by the clock of this node
 *
 * A node that does not answer, and one that is gone and was part of it, is named as missing.
 */

import type { SessionRecord, Store } from '../../stores/store.js';
import type { Clock } from '../../util/clock.js';
import type { ReportStore } from '../client-reports/report-store.js';
import { readReport, type TracedReport } from '../client-reports/report-text.js';
import { StoreQuestions } from '../store-questions.js';
import type { TraceSubject } from './detail.js';
import type { TraceLine } from './line.js';
import { mergeLines } from './merge.js';
import type { PeerQuery, TracePeers } from './peers.js';
import { type SearchResult, searchTrace, type TracePage, type TraceQuestion } from './search.js';
import type { TraceStore } from './trace-store.js';

const ABOUT = 'trace';
const ABOUT_CLOCK = 'trace_clock';
/** A node looks through a gigabyte in some seconds. */
const SEARCH_MS = 30_000;
/** Sessions of a thread whose nodes are known from the store. */
const MAX_RECORDS = 200;

/** What is known of the trace of a node that has answered. Times are milliseconds since 1970. */
interface AnsweredNode {
  readonly node: string;
  readonly kept: TraceStore['kept'];
  /** When its oldest line was written; null without one. */
  readonly since: number | null;
  /** Why it keeps nothing at the moment, and since when. */
  readonly stopped: TraceStore['stopped'] | null;
  /** Lines of its process that could not be kept. */
  readonly dropped: number;
  /** How far its clock is ahead of this node's. */
  readonly clock_offset_ms: number;
  /** The error of that is half of it at most. */
  readonly round_trip_ms: number;
}

/** A node whose lines are not in the answer. */
interface MissingNode {
  readonly node: string;
  /** `no_answer`: it lives and did not answer in time. `lost`: it is gone, and its lines with it. */
  readonly reason: 'no_answer' | 'lost';
}

export interface TraceAnswer {
  /** The node that was asked, and the time of its clock. */
  readonly node: string;
  readonly time: number;
  readonly nodes: readonly AnsweredNode[];
  readonly missing: readonly MissingNode[];
  /** Older lines are before this time; null if there are none. */
  readonly next: number | null;
  /** Oldest first, each with the time of the node that wrote it. */
  readonly lines: readonly TraceLine[];
  /** The newest report of the session's client, on the first page about a session. */
  readonly client: TracedReport | null;
}

type State = Pick<AnsweredNode, 'kept' | 'since' | 'stopped' | 'dropped'>;
type Part = SearchResult & { readonly state: State; readonly client?: TracedReport | undefined };
type Reading = Pick<AnsweredNode, 'node' | 'clock_offset_ms' | 'round_trip_ms'>;
type SearchQuery = PeerQuery & TraceQuestion;

export interface TraceQueryDeps {
  readonly node: string;
  readonly lines: TraceStore;
  readonly reports: Pick<ReportStore, 'get'>;
  readonly store: Pick<Store, 'sessions' | 'logs'>;
  readonly peers: TracePeers;
  readonly clock: Clock;
}

export class TraceQuery {
  readonly #deps: TraceQueryDeps;
  /** One search at a time: each may pass over a gigabyte. */
  #searching: Promise<unknown> = Promise.resolve();

  constructor(deps: TraceQueryDeps) {
    this.#deps = deps;
    deps.peers.onCall(ABOUT_CLOCK, () => deps.clock.wall());
    deps.peers.onCall(ABOUT, ({ about: _, ...question }) =>
      this.#search(question as unknown as TraceQuestion),
    );
  }

  /** The lines are there, also while the store does not answer. */
  async ask(
    subject: TraceSubject,
    page: TracePage,
    store = new StoreQuestions(this.#deps.clock),
  ): Promise<TraceAnswer> {
    const { node, peers, clock } = this.#deps;
    const [others = [], records] = await Promise.all([
      store.ask(() => peers.alive()),
      this.#recordsOf(subject, store),
    ]);
    const clocks = await Promise.all(others.map((other) => this.#readClock(other)));
    const here: Reading = { node, clock_offset_ms: 0, round_trip_ms: 0 };
    const readings = [here, ...clocks.flatMap((each) => each ?? [])];
    const known = 'session_id' in subject ? records[0]?.thread_id : threadOf(subject);
    const connections = records.map(({ stay }) => stay.connection);
    const about = (thread_id: string | undefined) =>
      this.#about({ subject, ...page, thread_id, connections }, store);
    let parts = await this.#askAll(readings, await about(known));
    const told = parts.find((part) => part?.thread_id !== undefined)?.thread_id;
    // Only now is known which replies and which erasure belong to it.
    if (known === undefined && told !== undefined)
      parts = await this.#askAll(readings, await about(told));
    const answered = readings.flatMap((reading, index) => {
      const part = parts[index];
      return part ? [{ ...reading, ...part.state }] : [];
    });
    const found = readings.flatMap(({ clock_offset_ms: clockOffsetMs }, index) => {
      const part = parts[index];
      if (!part) return [];
      return { clockOffsetMs, lines: part.lines, nodeLines: part.node_lines, hasMore: part.more };
    });
    const { lines, next } = mergeLines(found, page.limit);
    const missing = missingOf(others, answered, carriersOf(records, lines), lines);
    const client = newestReport(readings, parts);
    return { node, time: clock.wall(), nodes: answered, missing, next, client, lines };
  }

  /** Undefined for a node that does not answer. The node's clock is read halfway. */
  async #readClock(node: string): Promise<Reading | undefined> {
    const { peers, clock } = this.#deps;
    const [sentAt, sentWall] = [clock.now(), clock.wall()];
    const wall = await peers.call(node, { about: ABOUT_CLOCK });
    if (typeof wall !== 'number') return undefined;
    const round_trip_ms = clock.now() - sentAt;
    const clock_offset_ms = Math.round(wall - (sentWall + round_trip_ms / 2));
    return { node, clock_offset_ms, round_trip_ms: Math.round(round_trip_ms) };
  }

  #askAll(
    readings: readonly Reading[],
    question: TraceQuestion,
  ): Promise<readonly (Part | undefined)[]> {
    const { node: here, peers } = this.#deps;
    const { before } = question;
    return Promise.all(
      readings.map(async ({ node, clock_offset_ms }) => {
        if (node === here) return this.#search(question);
        const theirs = before === undefined ? {} : { before: before + clock_offset_ms };
        const query: SearchQuery = { about: ABOUT, ...question, ...theirs };
        return (await peers.call(node, query, SEARCH_MS)) as Part | undefined;
      }),
    );
  }

  #search(question: TraceQuestion): Promise<Part> {
    const { lines } = this.#deps;
    const searched = this.#searching.then(async () => {
      const found = await searchTrace(lines, question);
      const { kept, stopped = null, dropped } = lines;
      const state = { kept, since: (await lines.oldest()) ?? null, stopped, dropped };
      return { ...found, state, client: await this.#reportFor(question) };
    });
    this.#searching = searched.catch(() => {});
    return searched;
  }

  /** Later pages do not repeat it. */
  async #reportFor({
    subject,
    before,
    erased_at,
  }: TraceQuestion): Promise<TracedReport | undefined> {
    if (!('session_id' in subject) || before !== undefined) return undefined;
    const text = await this.#deps.reports.get(subject.session_id);
    return text === undefined ? undefined : readReport(text, erased_at);
  }

  /** With the time of the thread's erasure. */
  async #about(question: TraceQuestion, store: StoreQuestions): Promise<TraceQuestion> {
    const { logs } = this.#deps.store;
    const { thread_id } = question;
    const head = thread_id === undefined ? undefined : await store.ask(() => logs.head(thread_id));
    return { ...question, erased_at: head?.previous?.at };
  }

  async #recordsOf(
    subject: TraceSubject,
    store: StoreQuestions,
  ): Promise<readonly SessionRecord[]> {
    const { sessions } = this.#deps.store;
    if ('thread_id' in subject) {
      const records = () => sessions.ofThread(subject.thread_id, '', MAX_RECORDS);
      return (await store.ask(records)) ?? [];
    }
    if (!('session_id' in subject)) return [];
    const record = await store.ask(() => sessions.get(subject.session_id));
    return record ? [record] : [];
  }
}

const threadOf = (subject: TraceSubject): string | undefined =>
  'thread_id' in subject ? subject.thread_id : undefined;

/** The nodes that have carried sessions of this. */
const carriersOf = (
  records: readonly SessionRecord[],
  lines: readonly TraceLine[],
): readonly string[] => [
  ...records.map(({ node }) => node),
  ...lines.flatMap(({ former_node }) => (typeof former_node === 'string' ? former_node : [])),
];

/** A node that is gone is not missing if another process has found its lines in the same folder. */
function missingOf(
  others: readonly string[],
  answered: readonly Reading[],
  carriers: readonly string[],
  lines: readonly TraceLine[],
): readonly MissingNode[] {
  const shown = new Set([...answered.map(({ node }) => node), ...lines.map(({ node }) => node)]);
  const silent = others.filter((node) => !answered.some((each) => each.node === node));
  const lost = new Set(carriers.filter((node) => !shown.has(node) && !others.includes(node)));
  return [
    ...silent.map((node) => ({ node, reason: 'no_answer' }) as const),
    ...[...lost].map((node) => ({ node, reason: 'lost' }) as const),
  ];
}

/** The newest of all nodes, by the clock of the node that was asked. */
function newestReport(
  readings: readonly Reading[],
  parts: readonly (Part | undefined)[],
): TracedReport | null {
  const found = readings.flatMap(({ clock_offset_ms }, index) => {
    const client = parts[index]?.client;
    return client ? [{ client, at: client.received_at - clock_offset_ms }] : [];
  });
  return found.sort((one, other) => other.at - one.at)[0]?.client ?? null;
}
