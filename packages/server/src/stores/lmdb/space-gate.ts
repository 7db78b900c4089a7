/**
 * Refuses writes that grow the store while the disk has little left. What does not grow it goes on: reads,
 * acknowledgements, resumes, erasures, trims, the ends of replies. The reserve is theirs.
 */

import { LIMITS } from '@session-monitor/protocol';
import { storageFullFault } from '@session-monitor/protocol/rules';
import type { ServerError } from '../../util/errors.js';
import { SpaceRefusals, storageFull } from '../space-refusals.js';
import type { SpaceRefusal, StoreSpace } from '../store.js';
import { admits, admitsCommit, type Growth, type StoreRoom } from './disk-space.js';

/** What the gate has to know of commits. */
interface Commits {
  /** Whether a commit waits for room. */
  readonly isStalled: boolean;
  onStall(listener: () => void): () => void;
}

export class SpaceGate extends SpaceRefusals implements StoreSpace {
  readonly #room: StoreRoom | undefined;
  readonly #commits: Commits;

  /**
   * @param room undefined: without a limit
   * @param commits a commit may wait for room
   */
  constructor(room: StoreRoom | undefined, commits: Commits) {
    super();
    this.#room = room;
    this.#commits = commits;
  }

  get isFull(): boolean {
    return !this.admits('event', LIMITS.maxSentEventBytes);
  }

  onStall(listener: () => void): () => void {
    return this.#commits.onStall(listener);
  }

  room(): { readonly left: number; readonly reserve: number } | undefined {
    if (!this.#room) return undefined;
    const { growth, free } = this.#room.look();
    const left = growth + free;
    return Number.isFinite(left) ? { left, reserve: this.#room.reserve } : undefined;
  }

  admits(growth: Growth, bytes: number): boolean {
    const room = this.#room;
    return !room || (!this.#commits.isStalled && admits(growth, bytes, room.look(), room.reserve));
  }

  /**
   * Admits a write, or refuses it. Call it before anything in memory changes.
   *
   * @throws ServerError ERR_REFUSED with the fault `storage_full`
   */
  require(growth: Growth, thread_id: string, bytes = 0): void {
    if (!this.admits(growth, bytes)) throw this.#refusal(growth, thread_id);
    this.#room?.spend(bytes);
  }

  /**
   * Refuses a write that grows nothing if its commit would wait for room: its caller learns at once to come back, and
   * few writes wait.
   *
   * @throws ServerError ERR_REFUSED with the fault `storage_full`
   */
  requireCommits(thread_id: string): void {
    const hasRoom = !this.#room || (!this.#commits.isStalled && admitsCommit(this.#room.look()));
    if (!hasRoom) throw this.#refusal('commit', thread_id);
  }

  #refusal(growth: NonNullable<SpaceRefusal['growth']>, thread_id: string): ServerError {
    this.tell({ growth, thread_id });
    return storageFull(storageFullFault.message);
  }
}
