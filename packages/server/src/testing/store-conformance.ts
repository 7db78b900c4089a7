/**
 * The suite that every store passes, ours and yours: give it a way to make stores and a test function
 * (vitest's, node:test's), and it checks the contract in `stores/store.ts`, races included.
 */

import type { Store } from '../stores/store.js';
import { logTests } from './conformance/logs.js';
import { retentionTests } from './conformance/retention.js';
import { runTests } from './conformance/runs.js';
import { sessionTests } from './conformance/sessions.js';

/** One store under test, in a place of its own. */
export interface StoreHarness {
  readonly store: Store;
  /** Lets the store's wall clock go on by `ms` milliseconds. */
  advance(ms: number): void;
  /** Closes the store and opens it again on the same data; absent for stores that forget. */
  reopen?(): Promise<Store>;
  /** Closes everything and removes the data. */
  dispose(): Promise<void>;
}

/** Thread, run and session ids are unique per test, so that a harness may share one database. */
export interface Subject extends StoreHarness {
  readonly id: string;
}

export type StoreTest = (subject: Subject) => Promise<void>;
export type StoreTests = Readonly<Record<string, StoreTest>>;

/**
 * Registers the suite's tests.
 *
 * @param test registers one test: `(name, run) => void`
 * @param create makes a fresh harness for each test
 */
export function storeConformance(
  test: (name: string, run: () => Promise<void>) => void,
  create: () => Promise<StoreHarness>,
): void {
  const suites = { ...logTests, ...retentionTests, ...sessionTests, ...runTests };
  for (const [name, run] of Object.entries(suites)) {
    test(name, async () => {
      const harness = await create();
      try {
        const id = `t${Math.random().toString(36).slice(2)}`;
        await run({ ...harness, id });
      } finally {
        await harness.dispose();
      }
    });
  }
}
