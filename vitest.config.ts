import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The two longest are small files, which vitest would begin last: then one of them goes on alone for minutes. */
class LongRunsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) =>
      /chaos\/cluster|leaks\/short/.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  test: {
    include: ['packages/*/src/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Most of them wait for sockets and processes: two at a time leave half of two cores idle.
    maxWorkers: 3,
    sequence: { sequencer: LongRunsFirst },
    // What a page shows follows what it knows: it is waited for.
    expect: { poll: { timeout: 10_000, interval: 20 } },
  },
});
