/** Watches in detail on every node: a session may move, and a thread has readers on all of them. */

import type { Trace } from '../trace.js';
import type { Detail, TraceSubject, TraceWatch } from './detail.js';
import type { PeerQuery, TracePeers } from './peers.js';

const ABOUT = 'trace_watch';
const ABOUT_ALL = 'trace_watches';
/** A message between nodes may be lost. */
const TRIES = 3;
const MINUTE_MS = 60_000;

interface WatchQuery extends PeerQuery {
  readonly subject: TraceSubject;
  /** For how long from now: clocks differ. 0 ends the watch. */
  readonly ms: number;
}

interface WatchOutcome {
  /** Whether it was begun, or ended, here. */
  readonly done: boolean;
  /** Nodes that live and did not answer. */
  readonly unreachable: readonly string[];
}

export interface WatchesDeps {
  readonly detail: Detail;
  readonly peers: TracePeers;
  readonly clock: { wall(): number };
  readonly trace: Trace;
}

export class Watches {
  readonly #deps: WatchesDeps;

  constructor(deps: WatchesDeps) {
    const { detail, peers, clock } = deps;
    this.#deps = deps;
    peers.onCall(ABOUT, (query) => this.#setHere(query as WatchQuery));
    peers.onCall(ABOUT_ALL, () =>
      detail.list().map(({ until, ...subject }) => ({ subject, ms: until - clock.wall() })),
    );
  }

  /** Watches for so many minutes, on all nodes. Not done if too much is watched. */
  begin(subject: TraceSubject, minutes: number): Promise<WatchOutcome> {
    return this.#set(subject, minutes * MINUTE_MS);
  }

  /** Not done if it was not watched. */
  end(subject: TraceSubject): Promise<WatchOutcome> {
    return this.#set(subject, 0);
  }

  list(): readonly TraceWatch[] {
    return this.#deps.detail.list();
  }

  /** Watches what the other nodes watch: this one has just started. */
  async adopt(): Promise<void> {
    const { peers, detail } = this.#deps;
    const others = await peers.alive();
    const answers = await Promise.all(others.map((node) => peers.call(node, { about: ABOUT_ALL })));
    for (const watch of answers.flat() as (Omit<WatchQuery, 'about'> | undefined)[]) {
      if (watch) detail.begin(watch.subject, watch.ms);
    }
  }

  async #set(subject: TraceSubject, ms: number): Promise<WatchOutcome> {
    const query: WatchQuery = { about: ABOUT, subject, ms };
    const done = this.#setHere(query);
    const others = await this.#deps.peers.alive();
    const answers = await Promise.all(others.map((node) => this.#tell(node, query)));
    return { done, unreachable: others.filter((_, index) => answers[index] === undefined) };
  }

  async #tell(node: string, query: WatchQuery): Promise<unknown> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const answer = await this.#deps.peers.call(node, query);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  #setHere({ subject, ms }: WatchQuery): boolean {
    const { detail, trace } = this.#deps;
    const isDone = ms > 0 ? detail.begin(subject, ms) : detail.end(subject);
    if (!isDone) return false;
    if (ms > 0) trace('detail_on', { ...subject, minutes: Math.round(ms / MINUTE_MS) });
    else trace('detail_off', { ...subject, reason: 'asked' });
    return true;
  }
}
