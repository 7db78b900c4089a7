/**
 * What viewers of live lists and figures get: first what there is, then what changes, once a second. A viewer that is not
 * ready misses steps and gets their sum; nothing waits for it in memory (I9).
 *
 *     begun ──► the rows of its query ──► each second: changed rows, figures ──► ended
 */

import type { SessionServer } from '../../session-server.js';
import type { Cancel } from '../../util/clock.js';
import { asError } from '../../util/errors.js';
import { ClusterWatch } from './cluster-watch.js';
import { FeedAnswers } from './node-feeds.js';
import { NodeRows } from './node-rows.js';
import { TotalsGauge } from './node-totals.js';
import { type SessionQuery, SortedView } from './sorted-view.js';
import { totalsMessage } from './totals-message.js';
import { deltaOf, type RowWindow } from './window-delta.js';

export const MAX_VIEWERS = 20;
const EVERY_MS = 1_000;
/** A viewer that scrolls or filters ends one stream and begins another. What is known stays for so long. */
const LINGER_MS = 5_000;

/** The rows that a viewer looks at. */
export interface LiveQuery extends SessionQuery {
  readonly from: number;
  readonly limit: number;
}

/** Where a viewer gets its messages. */
export interface LiveLink {
  /** Whether what is sent leaves at once. */
  readonly isReady: () => boolean;
  /** Sends a message: JSON without a line break. */
  readonly send: (json: string) => void;
  readonly end: () => void;
}

interface Viewer {
  readonly link: LiveLink;
  /** Absent for a viewer of the figures alone. */
  readonly rows?: ViewedRows;
}

interface ViewedRows {
  readonly query: LiveQuery;
  readonly shared: SharedView;
  /** As it was sent last; undefined before that. */
  sent: RowWindow | undefined;
}

/** A list that viewers with the same query share. */
interface SharedView {
  readonly key: string;
  readonly view: SortedView;
  readonly end: () => void;
  viewers: number;
}

export class LiveLists {
  readonly #server: SessionServer;
  readonly #rows: NodeRows;
  readonly #totals: TotalsGauge;
  readonly #answers: FeedAnswers;
  readonly #viewers = new Set<Viewer>();
  readonly #views = new Map<string, SharedView>();
  #watch: ClusterWatch | undefined;
  #cancel: Cancel = () => {};
  #cancelLinger: Cancel = () => {};
  #isStopped = false;

  constructor(server: SessionServer) {
    const { internals } = server;
    this.#server = server;
    this.#rows = new NodeRows(internals);
    this.#totals = new TotalsGauge(server, this.#rows);
    this.#answers = new FeedAnswers(internals, this.#rows, this.#totals);
    internals.endings.add(() => this.stop());
  }

  /** How many look at the moment. */
  get size(): number {
    return this.#viewers.size;
  }

  /**
   * Begins to send to a viewer. Returns the function that ends it, or undefined if there are `MAX_VIEWERS` already or the
   * server stops.
   *
   * @param query undefined for the figures alone
   */
  begin(query: LiveQuery | undefined, link: LiveLink): (() => void) | undefined {
    if (this.#viewers.size >= MAX_VIEWERS || this.#isStopped) return undefined;
    this.#cancelLinger();
    const watch = this.#watch ?? this.#beginWatch();
    const rows = query && { query, shared: this.#share(watch, query), sent: undefined };
    const viewer: Viewer = { link, ...(rows && { rows }) };
    this.#viewers.add(viewer);
    if (rows) void this.#show(watch, viewer, rows);
    return () => this.#end(viewer);
  }

  /** Ends all viewers, and what the other nodes read here. */
  stop(): void {
    this.#isStopped = true;
    for (const { link } of [...this.#viewers]) link.end();
    this.#endWatch();
    this.#answers.stop();
  }

  #beginWatch(): ClusterWatch {
    const watch = new ClusterWatch(this.#server.internals, this.#rows, this.#totals);
    this.#watch = watch;
    // The first figures soon: the rates of less than a second say nothing.
    void watch.refresh();
    this.#later(watch);
    return watch;
  }

  #endWatch(): void {
    this.#cancelLinger();
    this.#cancel();
    this.#watch?.stop();
    this.#watch = undefined;
  }

  #end(viewer: Viewer): void {
    if (!this.#viewers.delete(viewer)) return;
    const { shared } = viewer.rows ?? {};
    if (shared) {
      shared.viewers -= 1;
      if (shared.viewers === 0) {
        this.#views.delete(shared.key);
        shared.view.stop();
        shared.end();
      }
    }
    if (this.#viewers.size > 0) return;
    this.#cancelLinger = this.#server.internals.clock.after(LINGER_MS, () => this.#endWatch());
  }

  #share(watch: ClusterWatch, { filter, finding, sort }: LiveQuery): SharedView {
    const wanted = finding === undefined ? [] : [finding];
    const key = JSON.stringify([Object.entries(filter).sort(), wanted, sort]);
    const known = this.#views.get(key);
    if (known) {
      known.viewers += 1;
      return known;
    }
    const { feed, end } = watch.follow();
    const view = new SortedView(feed, { filter, finding, sort }, this.#server.internals.clock);
    const shared: SharedView = { key, view, end, viewers: 1 };
    this.#views.set(key, shared);
    return shared;
  }

  /** Sends the first rows as soon as there are some. */
  async #show(watch: ClusterWatch, viewer: Viewer, rows: ViewedRows): Promise<void> {
    await watch.startRows();
    await rows.shared.view.begin(rows.query.from + rows.query.limit);
    if (this.#viewers.has(viewer)) this.#sendRows(watch, viewer.link, rows);
  }

  #later(watch: ClusterWatch): void {
    this.#cancel = this.#server.internals.clock.after(EVERY_MS, () => {
      this.#step(watch)
        .catch((error: unknown) => {
          this.#server.internals.logger.error({ err: asError(error) }, 'A live list failed');
        })
        .finally(() => {
          if (this.#watch === watch) this.#later(watch);
        });
    });
  }

  async #step(watch: ClusterWatch): Promise<void> {
    await watch.refresh();
    for (const { view } of [...this.#views.values()]) await view.refresh();
    if (this.#viewers.size === 0) return;
    const totals = totalsMessage(watch, this.#server.internals.clock.wall());
    for (const { link, rows } of [...this.#viewers]) {
      if (!link.isReady()) continue;
      if (rows?.sent) this.#sendRows(watch, link, rows);
      link.send(totals);
    }
  }

  #sendRows({ isComplete: complete }: ClusterWatch, link: LiveLink, rows: ViewedRows): void {
    const { query, shared, sent } = rows;
    const { total } = shared.view;
    const now = { total, complete, rows: shared.view.slice(query.from, query.limit) };
    rows.sent = now;
    if (!sent) {
      link.send(JSON.stringify({ type: 'sessions', from: query.from, ...now }));
      return;
    }
    const delta = deltaOf(sent, now);
    if (delta) link.send(JSON.stringify({ type: 'rows', ...delta }));
  }
}
