/**
 * How nodes tell each other of the sessions that they carry, while something looks at them. A node asks each other one once a
 * second for what has changed; a feed that is not asked for any more ends.
 *
 *     asking node ── live { feed, limit } ──► its feed there ──► totals, rows that have changed, ids that have gone
 */

import type { SessionServerInternals } from '../../session-engine.js';
import type { Cancel } from '../../util/clock.js';
import type { Changes } from './change-feed.js';
import type { NodeRows, RowReader } from './node-rows.js';
import type { NodeTotals, TotalsGauge } from './node-totals.js';

const ABOUT = 'live';
/** How long a feed waits for its reader. */
const LEASE_MS = 10_000;
/** Readers of one node: a feed for each other node, and those of nodes that have begun again. */
const MAX_FEEDS = 200;
/** Rows of one answer: about 150 kB, some milliseconds of work on either side. */
const ROWS_PER_ANSWER = 500;

interface FeedQuery {
  readonly about: typeof ABOUT;
  /** Chosen by the node that asks. */
  readonly feed: string;
  /** 0 for the totals alone. */
  readonly limit: number;
}

interface FeedAnswer extends Changes {
  readonly totals: NodeTotals;
  /** The feed has just begun: it tells of all sessions. */
  readonly isNew: boolean;
}

interface OpenFeed {
  readonly reader: RowReader;
  cancel: Cancel;
}

type Deps = Pick<SessionServerInternals, 'membership' | 'clock'>;

/** Answers other nodes. */
export class FeedAnswers {
  readonly #clock: Deps['clock'];
  readonly #rows: NodeRows;
  readonly #totals: TotalsGauge;
  readonly #open = new Map<string, OpenFeed>();

  constructor({ membership, clock }: Deps, rows: NodeRows, totals: TotalsGauge) {
    this.#clock = clock;
    this.#rows = rows;
    this.#totals = totals;
    membership?.rpc.onCall(ABOUT, (query) => this.#answer(query as FeedQuery));
  }

  stop(): void {
    for (const feed of [...this.#open.keys()]) this.#end(feed);
  }

  async #answer({ feed, limit }: FeedQuery): Promise<FeedAnswer | undefined> {
    const known = this.#open.get(feed);
    if (!known && this.#open.size >= MAX_FEEDS) return undefined;
    const open = known ?? { reader: this.#rows.read(), cancel: () => {} };
    this.#open.set(feed, open);
    open.cancel();
    open.cancel = this.#clock.after(LEASE_MS, () => this.#end(feed));
    await open.reader.started;
    const changes = open.reader.take(limit);
    return { ...changes, totals: this.#totals.read(), isNew: known === undefined };
  }

  #end(feed: string): void {
    const open = this.#open.get(feed);
    this.#open.delete(feed);
    open?.cancel();
    open?.reader.end();
  }
}

/** What this node knows of another one. */
export class RemoteNode {
  readonly node: string;
  readonly #rpc: NonNullable<Deps['membership']>['rpc'];
  readonly #newFeed: () => string;
  #feed: string;
  #isAsking = false;
  #totals: NodeTotals | undefined;
  #hasAnswered = false;

  constructor(node: string, { rpc }: NonNullable<Deps['membership']>, newFeed: () => string) {
    this.node = node;
    this.#rpc = rpc;
    this.#newFeed = newFeed;
    this.#feed = newFeed();
  }

  /** As it answered last; undefined while it does not answer. */
  get totals(): NodeTotals | undefined {
    return this.#totals;
  }

  /** Whether it has answered at all. */
  get hasAnswered(): boolean {
    return this.#hasAnswered;
  }

  /**
   * Asks for what has changed until there is no more. Resolves when it has answered or has not in time; at once while it is
   * being asked already.
   *
   * @param onAnswer gets each answer, and whether it is the first of a feed
   */
  async ask(wantsRows: boolean, onAnswer: (changes: Changes, isNew: boolean) => void) {
    if (this.#isAsking) return;
    this.#isAsking = true;
    for (let more = true; more; ) {
      const limit = wantsRows ? ROWS_PER_ANSWER : 0;
      const query: FeedQuery = { about: ABOUT, feed: this.#feed, limit };
      const answer = (await this.#rpc.call(this.node, query)) as FeedAnswer | undefined;
      this.#totals = answer?.totals;
      if (answer) onAnswer(answer, answer.isNew);
      // An answer that was lost had changes: a new feed begins with everything.
      else this.#feed = this.#newFeed();
      this.#hasAnswered ||= answer !== undefined;
      more = wantsRows && answer?.more === true;
    }
    this.#isAsking = false;
  }
}
