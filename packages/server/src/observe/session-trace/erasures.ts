/**
 * Removes the lines of erased threads, on every node, within a minute. Erasures of some seconds are done together: each
 * takes a look at all lines. The step `erase` stays, and says that there was a thread.
 */

import type { Store } from '../../stores/store.js';
import { type Cancel, type Clock, nextTurn } from '../../util/clock.js';
import { asError } from '../../util/errors.js';
import type { Logger } from '../trace.js';
import type { PeerQuery, TracePeers } from './peers.js';
import { idIn, isErased, KEYS } from './raw-line.js';
import type { TraceStore } from './trace-store.js';

const ABOUT = 'trace_erase';
const ERASE_EVERY_MS = 5_000;
/** A node that is cut off is asked again for so long; one that starts looks by itself. */
const TRIES = 60;
/** Threads that a start looks for in its store, and so many of them in one turn of the event loop. */
const MAX_THREADS = 100_000;
const THREADS_PER_TURN = 100;

interface EraseQuery extends PeerQuery {
  readonly threads: readonly string[];
}

/** What a node has still to learn. */
interface Debt {
  readonly threads: Set<string>;
  tries: number;
}

export interface ErasuresDeps {
  readonly lines: Pick<TraceStore, 'scan' | 'erase' | 'kept'>;
  readonly store: Pick<Store, 'logs'>;
  readonly peers: TracePeers;
  readonly clock: Pick<Clock, 'wall' | 'after'>;
  readonly logger: Logger;
}

export class Erasures {
  readonly #deps: ErasuresDeps;
  /** Threads whose lines up to a time go, in milliseconds since 1970. */
  readonly #erased = new Map<string, number>();
  readonly #owed = new Map<string, Debt>();
  #cancel: Cancel | undefined;
  #working: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(deps: ErasuresDeps) {
    this.#deps = deps;
    deps.peers.onCall(ABOUT, (query) => {
      for (const thread_id of (query as EraseQuery).threads) this.#eraseHere(thread_id);
      return true;
    });
  }

  /** A thread was erased at this node. */
  async add(thread_id: string): Promise<void> {
    this.#eraseHere(thread_id);
    const others = await this.#deps.peers.alive().catch(() => []);
    for (const node of others) {
      const debt = this.#owed.get(node) ?? { threads: new Set(), tries: 0 };
      this.#owed.set(node, debt);
      debt.threads.add(thread_id);
    }
    this.#plan();
  }

  /** Looks for threads that were erased while no process of this folder was there to learn of it. */
  async catchUp(): Promise<void> {
    const { lines, store } = this.#deps;
    if (lines.kept !== 'files') return;
    const threads = new Set<string>();
    await lines.scan((raw) => {
      const thread_id = idIn(raw, KEYS.thread_id);
      if (thread_id !== undefined) threads.add(thread_id);
      return threads.size < MAX_THREADS && !this.#isStopped;
    });
    let looked = 0;
    for (const thread_id of threads) {
      if (this.#isStopped) return;
      looked += 1;
      if (looked % THREADS_PER_TURN === 0) await nextTurn(this.#deps.clock);
      const previous = (await store.logs.head(thread_id))?.previous;
      if (previous?.at !== undefined) this.#eraseHere(thread_id, previous.at);
    }
  }

  /** Resolves when an erasure under way is done. What waits is done first. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#working = this.#working.then(() => this.#eraseLines());
    await this.#working;
  }

  #eraseHere(thread_id: string, at = this.#deps.clock.wall()): void {
    this.#erased.set(thread_id, Math.max(at, this.#erased.get(thread_id) ?? at));
    this.#plan();
  }

  #plan(): void {
    if (this.#isStopped) return;
    this.#cancel ??= this.#deps.clock.after(ERASE_EVERY_MS, () => {
      this.#cancel = undefined;
      this.#working = this.#working.then(() => this.#work());
    });
  }

  async #work(): Promise<void> {
    await Promise.all([this.#eraseLines(), ...[...this.#owed].map((owed) => this.#pay(...owed))]);
    if (this.#erased.size + this.#owed.size > 0) this.#plan();
  }

  /** Never rejects: what could not be erased is tried again. */
  async #eraseLines(): Promise<void> {
    const erased = new Map(this.#erased);
    if (erased.size === 0) return;
    try {
      await this.#deps.lines.erase((raw) => isErased(raw, (thread_id) => erased.get(thread_id)));
      for (const [thread_id, at] of erased) {
        if (this.#erased.get(thread_id) === at) this.#erased.delete(thread_id);
      }
    } catch (error) {
      this.#deps.logger.error(
        { err: asError(error), threads: erased.size },
        'Lines of erased threads are still in the session trace; they are erased later',
      );
    }
  }

  async #pay(node: string, debt: Debt): Promise<void> {
    const threads = [...debt.threads];
    const query: EraseQuery = { about: ABOUT, threads };
    const isDone = (await this.#deps.peers.call(node, query)) !== undefined;
    debt.tries += 1;
    if (isDone) for (const thread_id of threads) debt.threads.delete(thread_id);
    if (debt.threads.size === 0 || debt.tries > TRIES) this.#owed.delete(node);
  }
}
