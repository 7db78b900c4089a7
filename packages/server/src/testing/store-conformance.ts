/**
 * The suite that every store must pass, built in or your own. Give it a function that makes stores and a test
 * function (vitest's, node:test's), and it checks the contract in `stores/store.ts`, races included.
 */

import { compactedRangeTests } from './conformance/compacted-ranges.js';
import { logTests } from './conformance/logs.js';
import { nodeTests } from './conformance/nodes.js';
import { retentionTests } from './conformance/retention.js';
import { runTests } from './conformance/runs.js';
import { sessionTests } from './conformance/sessions.js';
import type { StoreHarness } from './conformance/subject.js';
import { threadTests } from './conformance/threads.js';

export type { StoreHarness };

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
  const suites = {
    ...logTests,
    ...retentionTests,
    ...threadTests,
    ...sessionTests,
    ...runTests,
    ...compactedRangeTests,
    ...nodeTests,
  };
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
