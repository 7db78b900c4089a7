/** What a node knows of itself, of a connection and of the replies that it produces. Each node answers for itself. */

import type { SessionServer } from '../../session-server.js';
import { isoTime } from '../../util/iso-time.js';
import { measureLoopDelay } from '../loop-delay.js';
import { askNodes } from '../views/ask-nodes.js';
import type { RunView } from '../views/run-pages.js';
import {
  type Facts,
  LATE_LOOP_MS,
  type NodeFacts,
  type ProbeFacts,
  type RunFacts,
} from './facts.js';
import { type Probed, probe } from './probe.js';

const ABOUT = 'node_facts';

/** What is asked about. */
interface Asked {
  /** The node that carries it; undefined for none. */
  readonly node: string | undefined;
  /** Whose client is asked whether it answers; undefined: none is. */
  readonly quiet: Probed | undefined;
  readonly runs: readonly RunView[];
  /** Nodes that have not answered another question: they are not asked. */
  readonly silent: readonly string[];
}

interface FactsQuery {
  readonly about: typeof ABOUT;
  readonly run_ids: readonly string[];
  readonly quiet?: Probed | undefined;
}

type Progress = Pick<RunFacts, 'waits' | 'last_part_at'>;

interface FactsAnswer {
  readonly facts: NodeFacts;
  readonly probe?: ProbeFacts | undefined;
  /** Of those asked about, the ones that wait or are being produced there. */
  readonly runs: Readonly<Record<string, Progress>>;
}

export interface KnownFacts extends Pick<Facts, 'probe' | 'otherNodes' | 'pingIntervalMs'> {
  /** Of the node that was asked about, if it has answered. */
  readonly node: NodeFacts | undefined;
  readonly runs: readonly Omit<RunFacts, 'error'>[];
  /** Nodes that live and did not answer. */
  readonly unreachable: readonly string[];
}

const UNKNOWN: Progress = { waits: null, last_part_at: null };

export class NodeFactsView {
  readonly #sessions: SessionServer;

  constructor(sessions: SessionServer) {
    this.#sessions = sessions;
    sessions.internals.membership?.rpc.onCall(ABOUT, (query) => this.#here(query as FactsQuery));
  }

  async of({ node, quiet, runs, silent }: Asked): Promise<KnownFacts> {
    const { membership } = this.#sessions.internals;
    const open = runs.filter(({ status }) => status === 'running');
    const run_ids = open.map(({ run_id }) => run_id);
    const concerned = new Set([node, ...open.map((run) => run.node)]);
    const query: FactsQuery = { about: ABOUT, run_ids, quiet };
    const isAsked = (name: string) => concerned.has(name) && !silent.includes(name);
    const [here, { answers, unreachable }] = await Promise.all([
      this.#here(query),
      askNodes<FactsAnswer>(this.#sessions.internals, query, isAsked),
    ]);
    const all = new Map([[here.facts.node, here], ...answers]);
    const carrier = all.get(node ?? here.facts.node);
    return {
      node: carrier?.facts,
      probe: carrier?.probe,
      pingIntervalMs: carrier?.facts.ping_interval_ms ?? here.facts.ping_interval_ms,
      otherNodes: membership?.others.length ?? 0,
      runs: runs.map((run) => ({ ...run, ...(all.get(run.node)?.runs[run.run_id] ?? UNKNOWN) })),
      unreachable,
    };
  }

  async #here({ run_ids, quiet }: FactsQuery): Promise<FactsAnswer> {
    const { clock, runs } = this.#sessions.internals;
    const [loop_delay_ms, probed] = await Promise.all([
      measureLoopDelay(clock),
      quiet && probe(this.#sessions, quiet),
    ]);
    const progress = run_ids.flatMap((run_id): [string, Progress][] => {
      const run = runs.live(run_id);
      if (!run) return [];
      const { isProducing, lastPartAt } = run;
      const last_part_at = lastPartAt === null ? null : isoTime(lastPartAt);
      return [[run_id, { waits: !isProducing, last_part_at }]];
    });
    const facts = nodeFactsOf(this.#sessions, Math.round(loop_delay_ms * 10) / 10);
    // A server that is late itself has not waited long enough for the answers.
    const isLate = loop_delay_ms >= LATE_LOOP_MS;
    return { facts, probe: isLate ? undefined : probed, runs: Object.fromEntries(progress) };
  }
}

/** What a server knows of itself. */
export function nodeFactsOf(
  { node, draining, internals }: Pick<SessionServer, 'node' | 'draining' | 'internals'>,
  loop_delay_ms: number,
): NodeFacts {
  const { clock, metrics, store, endpoint, connections, settings } = internals;
  const now = clock.now();
  const isStuck = [...connections.values()].filter(
    ({ transport, upgradeFailure }) => transport === 'polling' && upgradeFailure !== null,
  );
  return {
    node,
    draining,
    loop_delay_ms,
    commit_ms: metrics.recentCommitMs.at(now),
    append_waits_ms: Math.round(now - (metrics.appending.since ?? now)),
    storage_full: store.space?.isFull ?? false,
    misrouted_requests: endpoint.misroutedRequests.recently,
    connections: connections.size,
    stuck_connections: isStuck.length,
    run_stall_ms: settings.runStallMs,
    ping_interval_ms: settings.pingIntervalMs,
  };
}
