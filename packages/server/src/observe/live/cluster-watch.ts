/**
 * Watches the sessions and the figures of all nodes, for as long as something looks at them: this node from memory, the
 * others by questions, sessions without a connection in the store.
 */

import type { SessionServerInternals } from '../../session-engine.js';
import type { SessionRecord } from '../../stores/store.js';
import { nextTurn } from '../../util/clock.js';
import { asError } from '../../util/errors.js';
import type { ChangeFeed } from './change-feed.js';
import { RemoteNode } from './node-feeds.js';
import type { NodeRows, RowReader } from './node-rows.js';
import type { NodeTotals, TotalsGauge } from './node-totals.js';
import { RecordScan } from './record-scan.js';
import { SessionDirectory } from './session-directory.js';

/** How long the first rows wait for other nodes. A node that hangs does not hold the list up. */
const WAIT_MS = 300;
/** Between two counts of the records in the store. */
const COUNT_EVERY_MS = 5_000;
/** Changes of this node that are taken in one turn. */
const CHANGES_PER_TURN = 500;
const FEED_ID_BYTES = 9;

type Deps = Pick<
  SessionServerInternals,
  'membership' | 'entropy' | 'store' | 'clock' | 'logger' | 'node'
>;

export class ClusterWatch {
  readonly #deps: Deps;
  readonly #reader: RowReader;
  readonly #totals: TotalsGauge;
  readonly #directory: SessionDirectory;
  readonly #scan: RecordScan;
  readonly #others = new Map<string, RemoteNode>();
  #wantsRows = false;
  #disconnected: number | null = null;
  #countAt = Number.NEGATIVE_INFINITY;
  #started: Promise<void> | undefined;

  constructor(deps: Deps, rows: NodeRows, totals: TotalsGauge) {
    this.#deps = deps;
    this.#totals = totals;
    this.#reader = rows.read();
    this.#directory = new SessionDirectory((id) => this.#scan.check(id));
    this.#scan = new RecordScan({
      ...deps,
      directory: this.#directory,
      isCarried: (record) => this.#isCarried(record),
    });
  }

  /** Whether all sessions are known: those of the nodes that answer, and those in the store. */
  get isComplete(): boolean {
    return this.#scan.isComplete;
  }

  /** As each node has answered last. */
  get totals(): readonly NodeTotals[] {
    const others = [...this.#others.values()].flatMap(({ totals }) => totals ?? []);
    return [this.#totals.read(), ...others].sort((one, other) => (one.node < other.node ? -1 : 1));
  }

  /** Nodes that live and do not answer. Their sessions are shown as they were. */
  get unreachable(): readonly string[] {
    return [...this.#others.values()].flatMap((each) => (each.totals ? [] : [each.node])).sort();
  }

  /** How many sessions the store has that are on no connection; null until it has said. */
  get disconnected(): number | null {
    return this.#disconnected;
  }

  /** Resolves when this node and the others, if they answer, have told of their sessions once. */
  startRows(): Promise<void> {
    this.#started ??= this.#start();
    return this.#started;
  }

  /** A feed of all sessions. Returns it with the function that ends it. */
  follow(): { readonly feed: ChangeFeed; readonly end: () => void } {
    return this.#directory.follow();
  }

  /** Asks for what has changed. Resolves with this node's; the others' comes when they answer. */
  async refresh(): Promise<void> {
    void this.#askOthers();
    void this.#count();
    await this.#takeOwn();
  }

  stop(): void {
    this.#reader.end();
    this.#scan.stop();
  }

  async #start(): Promise<void> {
    this.#wantsRows = true;
    const late = new Promise<void>((resolve) => {
      this.#deps.clock.after(WAIT_MS, resolve);
    });
    await Promise.all([
      this.#reader.started.then(() => this.#takeOwn()),
      Promise.race([this.#askOthers(), late]),
    ]);
    this.#scan.start();
  }

  async #count(): Promise<void> {
    const { store, clock, logger } = this.#deps;
    if (clock.now() - this.#countAt < COUNT_EVERY_MS) return;
    this.#countAt = clock.now();
    try {
      this.#disconnected = (await store.sessions.counts()).disconnected;
    } catch (error) {
      logger.warn({ err: asError(error) }, 'The live figures could not count sessions');
    }
  }

  async #takeOwn(): Promise<void> {
    if (!this.#wantsRows) return;
    for (let more = true; more; ) {
      const changes = this.#reader.take(CHANGES_PER_TURN);
      this.#directory.apply(this.#deps.node, changes);
      more = changes.more;
      if (more) await nextTurn(this.#deps.clock);
    }
  }

  async #askOthers(): Promise<void> {
    const { membership, entropy } = this.#deps;
    if (!membership) return;
    for (const node of membership.others) {
      if (this.#others.has(node)) continue;
      this.#others.set(node, new RemoteNode(node, membership, () => entropy.token(FEED_ID_BYTES)));
    }
    for (const node of [...this.#others.keys()]) {
      if (membership.isAlive(node)) continue;
      this.#others.delete(node);
      this.#directory.forget(node);
    }
    await Promise.all(
      [...this.#others.values()].map((other) =>
        other.ask(this.#wantsRows, (changes, isNew) => {
          // It may be lost by now.
          if (this.#others.get(other.node) !== other) return;
          if (isNew) this.#directory.forget(other.node);
          this.#directory.apply(other.node, changes);
        }),
      ),
    );
  }

  #isCarried({ state, node }: SessionRecord): boolean {
    if (state !== 'connected') return false;
    return node === this.#deps.node || this.#others.get(node)?.totals !== undefined;
  }
}
