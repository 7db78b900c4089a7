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
import type { StoreHarness, StoreTests } from './conformance/subject.js';
import { threadTests } from './conformance/threads.js';

export type { StoreHarness };

/** By the name that stands in front of the names of their tests. */
const SUITES: Readonly<Record<string, StoreTests>> = {
  logs: logTests,
  retention: retentionTests,
  threads: threadTests,
  sessions: sessionTests,
  runs: runTests,
  'compacted ranges': compactedRangeTests,
  nodes: nodeTests,
};

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
  for (const [suite, tests] of Object.entries(SUITES)) {
    for (const [name, run] of Object.entries(tests)) {
      test(`${suite}: ${name}`, async () => {
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
}
