/**
 * The sessions of all nodes, for live lists: what each node says of those that it carries, and what the store has of the
 * others. It keeps no time and asks nothing: see `cluster-watch.ts`.
 */

import type { SessionRecord } from '../../stores/store.js';
import { ChangeFeed, type Changes } from './change-feed.js';
import { type NamedRow, rowOfRecord } from './session-row.js';

interface Carried extends NamedRow {
  /** The node that shows it. */
  readonly node: string;
}

interface Recorded extends NamedRow {
  /** The scan of the store that has found it last. */
  readonly scan: number;
}

interface Slot {
  carried?: Carried | undefined;
  recorded?: Recorded | undefined;
}

export class SessionDirectory {
  readonly #slots = new Map<string, Slot>();
  readonly #feeds = new Set<ChangeFeed>();
  readonly #onLeft: (id: string) => void;
  #newestScan = 0;

  /** @param onLeft a session has left its node: its record says what became of it */
  constructor(onLeft: (id: string) => void) {
    this.#onLeft = onLeft;
  }

  /** Begins a feed of all sessions, and of what changes. Returns it with the function that ends it. */
  follow(): { readonly feed: ChangeFeed; readonly end: () => void } {
    const feed = new ChangeFeed(this.#slots.keys(), (id) => this.find(id));
    this.#feeds.add(feed);
    return { feed, end: () => this.#feeds.delete(feed) };
  }

  find(id: string): NamedRow | undefined {
    const slot = this.#slots.get(id);
    return slot?.carried ?? slot?.recorded;
  }

  /** What a node says of the sessions that it carries. */
  apply(node: string, { rows, removed }: Pick<Changes, 'rows' | 'removed'>): void {
    for (const named of rows) {
      const slot = this.#slotOf(named.id);
      // A session that moves is shown by both nodes for a moment.
      if (slot.carried && slot.carried.generation > named.generation) continue;
      slot.carried = { ...named, node };
      this.#mark(named.id);
    }
    for (const id of removed) this.#leave(id, node);
  }

  /** The node is lost, or begins again with what it carries. Its sessions are shown as they were until the store is asked. */
  forget(node: string): void {
    for (const [id, slot] of this.#slots) {
      if (slot.carried?.node !== node) continue;
      const { generation, row } = slot.carried;
      slot.carried = undefined;
      slot.recorded = { id, generation, row, scan: this.#newestScan + 1 };
      this.#mark(id);
    }
  }

  /**
   * What the store has of a session.
   *
   * @param isCarried whether a node that answers says what there is to say of it, so that it is not shown
   */
  record(record: SessionRecord, scan: number, isCarried: boolean): void {
    const { session_id: id, generation } = record;
    this.#newestScan = scan;
    if (record.state === 'expired' || isCarried) {
      this.unrecord(id);
      return;
    }
    const slot = this.#slotOf(id);
    const { recorded } = slot;
    const row = rowOfRecord(record);
    // Most are as they were.
    const isKnown = recorded !== undefined && isEqual(recorded.row, row);
    slot.recorded = isKnown ? { ...recorded, scan } : { id, generation, row, scan };
    if (!isKnown && !slot.carried) this.#mark(id);
  }

  /** The store has it no longer. */
  unrecord(id: string): void {
    const slot = this.#slots.get(id);
    if (!slot?.recorded) return;
    slot.recorded = undefined;
    this.#settle(id, slot);
  }

  /** A scan of the store is over: what it has not found has gone. */
  scanned(scan: number): void {
    for (const [id, { recorded }] of this.#slots) {
      if (recorded && recorded.scan < scan) this.unrecord(id);
    }
  }

  #slotOf(id: string): Slot {
    const known = this.#slots.get(id);
    if (known) return known;
    const slot: Slot = {};
    this.#slots.set(id, slot);
    return slot;
  }

  #leave(id: string, node: string): void {
    const slot = this.#slots.get(id);
    if (slot?.carried?.node !== node) return;
    slot.carried = undefined;
    this.#settle(id, slot);
    this.#onLeft(id);
  }

  #settle(id: string, slot: Slot): void {
    if (!slot.carried && !slot.recorded) this.#slots.delete(id);
    this.#mark(id);
  }

  #mark(id: string): void {
    for (const feed of this.#feeds) feed.mark(id);
  }
}

const isEqual = (one: NamedRow['row'], other: NamedRow['row']): boolean =>
  one.status === other.status &&
  one.session_id === other.session_id &&
  one.last_activity === other.last_activity &&
  one.offset === other.offset &&
  one.expires_at === other.expires_at;
