/** Asks the client of a session for its report, on whichever node it is connected. */

import { type Fault, fault, SERVER_EVENTS } from '@session-monitor/protocol';
import type { Session } from '../../sessions/session.js';
import type { Clock } from '../../util/clock.js';
import { KeyedRate } from '../../util/keyed-rate.js';
import type { PeerQuery, TracePeers } from '../session-trace/peers.js';
import type { Trace } from '../trace.js';

const ABOUT = 'report_request';
const WINDOW_S = 60;

interface RequestQuery extends PeerQuery {
  readonly session_id: string;
}

/** What a node says: it has no such client, or has asked it, unless it did that within the last minute. */
type Answer =
  | { readonly kind: 'absent' | 'asked' }
  | { readonly kind: 'limited'; readonly ms: number };

export interface RequestOutcome {
  /** Whether a node has the client on a connection. It was asked, then, unless there is a refusal. */
  readonly isConnected: boolean;
  readonly refusal?: Fault;
  /** Nodes that live and did not answer. */
  readonly unreachable: readonly string[];
}

export interface ReportRequestsDeps {
  /** The sessions on a connection of this node. */
  readonly registry: { get(session_id: string): Pick<Session, 'record' | 'peer'> | undefined };
  readonly peers: TracePeers;
  readonly clock: Pick<Clock, 'now'>;
  readonly trace: Trace;
}

export class ReportRequests {
  readonly #deps: ReportRequestsDeps;
  readonly #rate: KeyedRate;

  constructor(deps: ReportRequestsDeps) {
    this.#deps = deps;
    this.#rate = new KeyedRate({ perSecond: 1 / WINDOW_S, burstS: WINDOW_S, clock: deps.clock });
    deps.peers.onCall(ABOUT, (query) => this.#askHere((query as RequestQuery).session_id));
  }

  async ask(session_id: string): Promise<RequestOutcome> {
    const { peers } = this.#deps;
    const here = this.#askHere(session_id);
    if (here.kind !== 'absent') return outcomeOf(here, []);
    const others = await peers.alive();
    const query: RequestQuery = { about: ABOUT, session_id };
    const answers = await Promise.all(others.map((node) => peers.call(node, query)));
    const known = (answers as (Answer | undefined)[]).filter((answer) => answer !== undefined);
    const found = known.find(({ kind }) => kind !== 'absent') ?? here;
    const unreachable = others.filter((_, index) => answers[index] === undefined);
    return outcomeOf(found, unreachable);
  }

  #askHere(session_id: string): Answer {
    const session = this.#deps.registry.get(session_id);
    // A v1 client knows no such message.
    if (session?.record.dialect !== 2) return { kind: 'absent' };
    const ms = this.#rate.take(session_id);
    if (ms > 0) return { kind: 'limited', ms };
    const { thread_id } = session.record;
    session.peer.notify(SERVER_EVENTS.reportRequest, { session_id });
    this.#deps.trace('report_requested', { session_id, thread_id, connection: session.peer.id });
    return { kind: 'asked' };
  }
}

function outcomeOf(answer: Answer, unreachable: readonly string[]): RequestOutcome {
  const isConnected = answer.kind !== 'absent';
  if (answer.kind !== 'limited') return { isConnected, unreachable };
  const message = 'This client was asked for its report within the last minute.';
  const refusal = fault('limit_reached', message, { retry_after_ms: answer.ms });
  return { isConnected, refusal, unreachable };
}
