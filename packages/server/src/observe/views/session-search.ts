/**
 * Finds sessions by a filter, on all nodes, a page at a time. Each node looks through the sessions that it carries, as they
 * are now. The rest comes from the records of the store: sessions without a connection, and those of nodes that do not
 * answer.
 *
 *     each node: its sessions ──► filter ──► first of the page ─┐
 *     the store: other records ─► filter ──► first of the page ─┴─► by id ──► the page
 */

import type { SessionServerInternals } from '../../session-engine.js';
import { nameOf, type Session } from '../../sessions/session.js';
import type { SessionRecord } from '../../stores/store.js';
import { nextTurn } from '../../util/clock.js';
import { FirstItems } from '../../util/first-items.js';
import { askNodes } from './ask-nodes.js';
import type { PageRequest } from './cluster-view.js';
import { type Lister, lookUpEach, walk } from './record-walk.js';
import { detailsOfConnected, detailsOfRecorded, type SessionDetails } from './session-details.js';
import { matches, type SessionFilter } from './session-filter.js';
import { statusOf, statusOfRecord } from './session-view.js';

const ABOUT = 'find_sessions';
/** Sessions that a node looks at in one turn of the event loop: a millisecond or two. */
const SESSIONS_PER_TURN = 500;

interface FindQuery extends PageRequest {
  readonly about: typeof ABOUT;
  readonly filter: SessionFilter;
}

/** By the ids of their records: a v1 session is shown under another name. */
type Found = readonly (readonly [id: string, details: SessionDetails])[];

export interface FoundSessions {
  readonly sessions: readonly SessionDetails[];
  /** The `after` of the next page; null at the end. */
  readonly next: string | null;
  /** Nodes that live and did not answer: their sessions are shown as their records have them. */
  readonly unreachable: readonly string[];
}

interface Carried {
  readonly found: ReadonlyMap<string, SessionDetails>;
  /** The nodes whose sessions are known. */
  readonly answered: ReadonlySet<string>;
  readonly unreachable: readonly string[];
}

export class SessionSearch {
  readonly #internals: SessionServerInternals;

  constructor(internals: SessionServerInternals) {
    this.#internals = internals;
    internals.membership?.rpc.onCall(ABOUT, (query) => this.#findHere(query as FindQuery));
  }

  async find(filter: SessionFilter, page: PageRequest): Promise<FoundSessions> {
    const { store, clock } = this.#internals;
    const carried = await this.#carried(filter, page);
    const { found, unreachable } = carried;
    const records = await this.#recorded(filter, page, carried);
    const all = [...found, ...records].sort(([one], [other]) => (one < other ? -1 : 1));
    const shown = all.slice(0, page.limit);
    const sessions = await lookUpEach(shown, clock, async ([, each]) =>
      'stay' in each ? detailsOfRecorded(each, await store.logs.head(each.thread_id)) : each,
    );
    const [last] = shown.at(-1) ?? [];
    const hasMore = all.length > shown.length && last !== undefined;
    return { sessions, next: hasMore ? last : null, unreachable };
  }

  /** What the nodes carry: on each of them the first of the page, and one more. */
  async #carried(filter: SessionFilter, page: PageRequest): Promise<Carried> {
    const { node } = this.#internals;
    if (filter.state === 'disconnected') {
      return { found: new Map(), answered: new Set(), unreachable: [] };
    }
    const isAsked = (name: string) => filter.node === undefined || filter.node === name;
    const query: FindQuery = { about: ABOUT, filter, ...page };
    const [here, { answers, unreachable }] = await Promise.all([
      this.#findHere(query),
      askNodes<Found>(this.#internals, query, isAsked),
    ]);
    return {
      found: new Map([...here, ...[...answers.values()].flat()]),
      answered: new Set([node, ...answers.keys()]),
      unreachable,
    };
  }

  async #findHere({ filter, after, limit }: FindQuery): Promise<Found> {
    const { registry, clock } = this.#internals;
    const first = new FirstItems<Session>(limit + 1, (one, other) => (one.id < other.id ? -1 : 1));
    let seen = 0;
    for (const session of registry.connected()) {
      if (session.id > after && isMatch(filter, session)) first.add(session);
      seen += 1;
      if (seen % SESSIONS_PER_TURN === 0) await nextTurn(clock);
    }
    return first.items.flatMap((session) =>
      // It may have left in between.
      registry.get(session.id) === session
        ? [[session.id, detailsOfConnected(session, clock)] as const]
        : [],
    );
  }

  /** Records of the page that no node has reported, and one more. */
  async #recorded(
    filter: SessionFilter,
    { after, limit }: PageRequest,
    { found, answered }: Carried,
  ): Promise<ReadonlyMap<string, SessionRecord>> {
    const records = new Map<string, SessionRecord>();
    // Only the node that carries a session knows that it is idle.
    if (filter.state === 'idle') return records;
    const behind = [...found.keys()].sort().at(limit);
    const idOf = ({ session_id }: SessionRecord) => session_id;
    const { clock } = this.#internals;
    for await (const record of walk({ list: this.#lister(filter), idOf, clock, after })) {
      if (behind !== undefined && record.session_id > behind) break;
      if (found.has(record.session_id) || !isMatchingRecord(filter, record)) continue;
      if (this.#isCarried(record, answered)) continue;
      records.set(record.session_id, record);
      if (records.size > limit) break;
    }
    return records;
  }

  #lister({ thread_id, state }: SessionFilter): Lister<SessionRecord> {
    const { sessions } = this.#internals.store;
    if (thread_id !== undefined) {
      return (after, limit) => sessions.ofThread(thread_id, after, limit);
    }
    return (after, limit) =>
      (state === 'active' ? sessions.connected?.(after, limit) : undefined) ??
      sessions.list(after, limit);
  }

  /** Whether a node has said of the session all that there is to say. */
  #isCarried({ state, node, session_id }: SessionRecord, answered: ReadonlySet<string>): boolean {
    if (state !== 'connected' || !answered.has(node)) return false;
    // A former process under this node's name may have left it.
    return node !== this.#internals.node || this.#internals.registry.get(session_id) !== undefined;
  }
}

function isMatch(filter: SessionFilter, session: Session): boolean {
  const { thread_id, user_id, node, dialect } = session.record;
  const { transport } = session.peer;
  const shown = { thread_id, user_id, node, transport, protocol: dialect };
  const facts = { ...shown, session_id: nameOf(session), status: statusOf(session) };
  return matches(filter, facts, () => session.peer.address);
}

function isMatchingRecord(filter: SessionFilter, record: SessionRecord): boolean {
  if (record.state === 'expired') return false;
  const { thread_id, user_id, node, dialect, stay } = record;
  const shown = { thread_id, user_id, node, transport: stay.transport, protocol: dialect };
  const facts = { ...shown, session_id: nameOf({ record }), status: statusOfRecord(record) };
  return matches(filter, facts, () => null);
}
