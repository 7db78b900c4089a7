import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { BaseSequencer, type InlineConfig, type TestSpecification } from 'vitest/node';
import { builtAliases, sourceAliases } from './scripts/support/aliases.mjs';

/**
 * In the order in which they begin. The longest first: most of them are small files, which vitest would begin last, and
 * then one goes on alone for minutes. Those that wait a lot come beside those that compute: the simulation takes
 * a core for itself, and a cluster more than one.
 */
const LONG_RUNS = [
  'chaos/cluster',
  'simulation/simulation',
  'leaks/short',
  'install/examples',
  'end-to-end/kills',
  'install/install',
  'chaos/short',
  'attack/short',
  'demo-states',
  'docs/site',
  'end-to-end/nodes',
  'from-connection-state-recovery',
  'packaging/package',
  'stores/conformance',
  'end-to-end/start',
  'access/matrix',
  'lifecycle/short',
  'install/jest',
  'end-to-end/tokens',
  'end-to-end/outages',
  'end-to-end/incidents',
  'end-to-end/findings',
];

/**
 * What begins late had better be short: the long runs come first, the units last. Units stay together, so that
 * the next one finds a process that it can share.
 */
class LongRunsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.sort((a, b) => rankOf(a) - rankOf(b));
  }
}

function rankOf({ moduleId, project }: TestSpecification): number {
  if (project.name.startsWith('unit')) return LONG_RUNS.length + 1;
  const index = LONG_RUNS.findIndex((name) => moduleId.includes(name));
  return index === -1 ? LONG_RUNS.length : index;
}

/** They start nothing and leave nothing behind: they share processes, and each module is loaded once in each. */
const UNITS = [
  'packages/*/src/**/*.test.ts',
  'test/properties/**/*.test.ts',
  'test/simulation/replay/*.test.ts',
  'test/**/{check,judge,marks,options,plan,seeds}.test.ts',
];
/** They measure the heap of their process, or a module warns of a name once in a process. */
const UNITS_ALONE = [
  'packages/client/src/many-monitors.test.ts',
  'packages/client/src/follower/options.test.ts',
];
/** They measure the descriptors of their process. */
const E2E_ALONE = ['test/end-to-end/abandoned-upgrades.test.ts'];
/** They measure how long a user waits: that is not to include the tests beside it, so they run after all others. */
const E2E_LAST = ['test/end-to-end/fresh-clone.test.ts'];

/** A module that is loaded twice, from the sources and as built, has its state twice. */
const neverFromSources = {
  name: 'never-from-sources',
  enforce: 'pre',
  load(id: string) {
    if (/\/packages\/[^/]+\/src\//.test(id))
      throw new Error(`An end-to-end test loads a source: ${id}. Import the package, or its dist.`);
  },
} as const;

/** A project that runs from the sources: no build is needed. */
const fromSources = (test: InlineConfig): TestProjectInlineConfiguration => ({
  extends: true,
  resolve: { alias: sourceAliases() },
  test,
});

/** A project that tests what users get: built, and packed as it would be published. */
const asPublished = (test: InlineConfig): TestProjectInlineConfiguration => ({
  extends: true,
  resolve: { alias: builtAliases() },
  plugins: [neverFromSources],
  test: {
    globalSetup: ['test/support/global-setup.mjs'],
    // What is built is JavaScript: Node loads it by itself, and faster.
    server: { deps: { external: [/\/packages\/[^/]+\/dist\//] } },
    ...test,
  },
});

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Most of them wait for sockets and processes: fewer at a time leave two cores idle.
    maxWorkers: 6,
    sequence: { sequencer: LongRunsFirst },
    // What a page shows follows what it knows: it is waited for.
    expect: { poll: { timeout: 10_000, interval: 20 } },
    projects: [
      fromSources({ name: 'unit', include: UNITS, exclude: UNITS_ALONE, isolate: false }),
      fromSources({ name: 'unit-alone', include: UNITS_ALONE }),
      asPublished({
        name: 'e2e',
        include: ['test/**/*.test.ts'],
        exclude: [...UNITS, ...E2E_ALONE, ...E2E_LAST],
        // Each ends by showing that nothing is left: the next one finds the process, and its browser, as it was.
        isolate: false,
      }),
      asPublished({ name: 'e2e-alone', include: E2E_ALONE }),
      asPublished({ name: 'e2e-last', include: E2E_LAST, sequence: { groupOrder: 1 } }),
    ],
  },
});
