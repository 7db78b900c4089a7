/** What a node knows of itself and of the replies that it produces. Each node answers for itself. */

import type { SessionServer } from '../../session-server.js';
import { isoTime } from '../../util/iso-time.js';
import { measureLoopDelay } from '../loop-delay.js';
import { askNodes } from '../views/ask-nodes.js';
import type { RunView } from '../views/run-pages.js';
import type { NodeFacts, RunFacts } from './facts.js';

const ABOUT = 'node_facts';

interface FactsQuery {
  readonly about: typeof ABOUT;
  readonly run_ids: readonly string[];
}

type Progress = Pick<RunFacts, 'waits' | 'last_part_at'>;

interface FactsAnswer {
  readonly facts: NodeFacts;
  /** Of those asked about, the ones that wait or are being produced there. */
  readonly runs: Readonly<Record<string, Progress>>;
}

export interface KnownFacts {
  /** Of the node that was asked about, if it has answered. */
  readonly node: NodeFacts | undefined;
  readonly runs: readonly Omit<RunFacts, 'error'>[];
  /** Nodes that live and did not answer. */
  readonly unreachable: readonly string[];
}

const UNKNOWN: Progress = { waits: false, last_part_at: null };

export class NodeFactsView {
  readonly #sessions: SessionServer;

  constructor(sessions: SessionServer) {
    this.#sessions = sessions;
    sessions.internals.membership?.rpc.onCall(ABOUT, (query) =>
      this.#here((query as FactsQuery).run_ids),
    );
  }

  /** @param node the one that carries what is asked about; undefined for none */
  async of(node: string | undefined, runs: readonly RunView[]): Promise<KnownFacts> {
    const open = runs.filter(({ status }) => status === 'running');
    const run_ids = open.map(({ run_id }) => run_id);
    const concerned = new Set([node, ...open.map((run) => run.node)]);
    const query: FactsQuery = { about: ABOUT, run_ids };
    const isAsked = (name: string) => concerned.has(name);
    const [here, { answers, unreachable }] = await Promise.all([
      this.#here(run_ids),
      askNodes<FactsAnswer>(this.#sessions.internals, query, isAsked),
    ]);
    const all = new Map([[here.facts.node, here], ...answers]);
    return {
      node: all.get(node ?? here.facts.node)?.facts,
      runs: runs.map((run) => ({ ...run, ...(all.get(run.node)?.runs[run.run_id] ?? UNKNOWN) })),
      unreachable,
    };
  }

  async #here(run_ids: readonly string[]): Promise<FactsAnswer> {
    const { node, draining, internals } = this.#sessions;
    const { clock, metrics, store, endpoint, runs } = internals;
    const loop_delay_ms = await measureLoopDelay(clock);
    const progress = run_ids.flatMap((run_id): [string, Progress][] => {
      const run = runs.live(run_id);
      if (!run) return [];
      const { isProducing, lastPartAt } = run;
      const last_part_at = lastPartAt === null ? null : isoTime(lastPartAt);
      return [[run_id, { waits: !isProducing, last_part_at }]];
    });
    return {
      facts: {
        node,
        draining,
        loop_delay_ms: Math.round(loop_delay_ms * 10) / 10,
        commit_ms: metrics.recentCommitMs.at(clock.now()),
        storage_full: store.space?.isFull ?? false,
        misrouted_requests: endpoint.misroutedRequests.recently,
      },
      runs: Object.fromEntries(progress),
    };
  }
}
