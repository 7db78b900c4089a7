/** What each test of the suite gets: a store under test, and an id for its data. */

import type { Store } from '../../stores/store.js';

/** What the conformance suite needs of a store under test. */
export interface StoreHarness {
  readonly store: Store;
  /** Advances the store's wall clock by `ms` milliseconds. */
  advance(ms: number): void;
  /** Several stores may open the same data, so opening one does not end the leases of runs. */
  readonly shared?: boolean;
  /** A second store on the same data, where there can be one; closed with the harness. */
  another?(): Promise<Store>;
  /** Closes the store and opens it again on the same data; absent for stores that do not persist. */
  reopen?(): Promise<Store>;
  /** Closes everything and removes the data. */
  dispose(): Promise<void>;
}

/** The harness, and a name that no other test uses: a harness may share one database. */
interface Subject extends StoreHarness {
  readonly id: string;
}

type StoreTest = (subject: Subject) => Promise<void>;
export type StoreTests = Readonly<Record<string, StoreTest>>;
