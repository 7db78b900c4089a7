/**
 * Group commit: writes that arrive during a flush leave together in the next one. The more load, the more
 * writes share a flush; on an idle store no write waits. One commit is in flight at a time, so writes are
 * confirmed in the order in which they were requested.
 *
 * A commit that has no room on the disk waits, and with it what comes after it: nothing of it was written, and nothing in
 * memory has to be taken back. `SpaceGate` keeps what waits small.
 */

import type { Clock } from '../../util/clock.js';
import { asError, ServerError } from '../../util/errors.js';
import type { StoreObservers } from '../store-observers.js';
import { NoRoomError } from './disk-space.js';
import type { Environment, Operation } from './environment.js';
import type { SpaceGate } from './space-gate.js';

/** What the parts of the store read and write with. */
export interface LmdbTools {
  readonly environment: Environment;
  readonly commits: GroupCommit;
  readonly gate: SpaceGate;
  readonly clock: Pick<Clock, 'wall'>;
  /** Gets what is appended. */
  readonly observers: StoreObservers;
}

/** Gets how long commits took, and what they wrote. */
export interface CommitMeter {
  readonly clock: Pick<Clock, 'now'>;
  readonly committed: (ms: number, bytes: number) => void;
}

interface Write {
  /** Called when the group closes: the operations include everything gathered until then. */
  readonly operations: () => readonly Operation[];
  readonly confirm: () => void;
  readonly fail: (error: Error) => void;
}

export class GroupCommit {
  readonly #environment: Environment;
  readonly #turn: () => Promise<void>;
  readonly #pause: (() => Promise<void> | undefined) | undefined;
  readonly #untilRoom: (() => Promise<void>) | undefined;
  readonly #meter: CommitMeter | undefined;
  readonly #failureListeners = new Set<(error: Error) => void>();
  #waiting: Write[] = [];
  #running: Promise<void> | undefined;
  #failure: Error | undefined;
  readonly #stallListeners = new Set<() => void>();
  #stalled = false;
  #waits = true;

  /**
   * @param turn resolves when the present turn of the event loop is over
   * @param pause called before each commit and awaited. Writes that arrive meanwhile join the group
   * @param untilRoom resolves when a commit that had no room is to be tried again. Without it, it fails
   */
  constructor(
    environment: Environment,
    turn: () => Promise<void>,
    pause?: () => Promise<void> | undefined,
    untilRoom?: () => Promise<void>,
    meter?: CommitMeter,
  ) {
    this.#pause = pause;
    this.#meter = meter;
    this.#untilRoom = untilRoom;
    this.#environment = environment;
    this.#turn = turn;
  }

  /** Whether a commit waits for room on the disk. */
  get isStalled(): boolean {
    return this.#stalled;
  }

  /** Calls `listener` when a commit begins to wait for room, and at once if one does. */
  onStall(listener: () => void): () => void {
    this.#stallListeners.add(listener);
    if (this.#stalled) listener();
    return () => this.#stallListeners.delete(listener);
  }

  /** Fails what waits for room, and what comes after it. It was never confirmed, and is not written. */
  stopWaiting(): void {
    this.#waits = false;
  }

  /** Resolves once the operations are flushed. After the first failure every call rejects. */
  write(operations: () => readonly Operation[]): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((confirm, fail) => {
      this.#waiting.push({ operations, confirm, fail });
      this.#running ??= this.#run();
    });
  }

  /** The environment for readers. It throws after a failed flush, when it is unknown what is durable. */
  guard(environment: Environment): Environment {
    const healthy = () => {
      if (this.#failure) throw this.#failure;
      return environment;
    };
    return {
      ...environment,
      get: (table, key) => healthy().get(table, key),
      range: (table, range) => healthy().range(table, range),
    };
  }

  onFailure(listener: (error: Error) => void): () => void {
    this.#failureListeners.add(listener);
    return () => this.#failureListeners.delete(listener);
  }

  /** Resolves when nothing is waiting or in flight. */
  async settled(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #run(): Promise<void> {
    // Let the rest of this turn of the event loop join the group.
    await this.#turn();
    while (this.#waiting.length > 0) {
      const pause = this.#pause?.();
      if (pause) await pause;
      const group = this.#waiting;
      this.#waiting = [];
      await this.#commit(group);
    }
    this.#running = undefined;
  }

  async #commit(group: readonly Write[]): Promise<void> {
    try {
      if (this.#failure) throw this.#failure;
      const operations = group.flatMap((write) => write.operations());
      await this.#findRoom(operations);
      const measured = this.#meter && begin(this.#meter, operations);
      // mutant: written-is-as-good-as-flushed
      await this.#environment.commit(operations);
      measured?.();
    } catch (error) {
      const failure = this.#fail(asError(error));
      for (const write of group) write.fail(failure);
      return;
    }
    for (const write of group) write.confirm();
  }

  /** Waits until the disk has room, unless the server stops. */
  async #findRoom(operations: readonly Operation[]): Promise<void> {
    for (;;) {
      try {
        this.#environment.room?.makeFor(operations);
        this.#stalled = false;
        return;
      } catch (error) {
        if (!(error instanceof NoRoomError && this.#untilRoom && this.#waits)) throw error;
        this.#stall();
        await this.#untilRoom();
      }
    }
  }

  #stall(): void {
    if (this.#stalled) return;
    this.#stalled = true;
    for (const listener of this.#stallListeners) listener();
  }

  /** After a failed flush the state of the disk is unknown, and no retry can tell it (fsyncgate). */
  #fail(cause: Error): Error {
    if (this.#failure) return this.#failure;
    this.#failure = new ServerError(
      'ERR_STORE_FAILED',
      `A write to the store failed and is not retried: ${cause.message}. ` +
        'Check the disk (space, health, permissions), then start the server again.',
      { cause },
    );
    // At a stop nothing is in doubt: what waited for room was neither written nor confirmed.
    if (cause instanceof NoRoomError && !this.#waits) return this.#failure;
    // mutant: a-failed-flush-is-forgotten
    for (const listener of this.#failureListeners) listener(this.#failure);
    return this.#failure;
  }
}

/** Returns what to call when the commit is done. */
function begin({ clock, committed }: CommitMeter, operations: readonly Operation[]): () => void {
  const begunAt = clock.now();
  return () => committed(clock.now() - begunAt, sizeOf(operations));
}

const sizeOf = (operations: readonly Operation[]): number =>
  operations.reduce((sum, { key, value }) => sum + key.length + (value?.length ?? 0), 0);
