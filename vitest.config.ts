import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['packages/*/src/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Most of them wait for sockets and processes: two at a time leave half of two cores idle.
    maxWorkers: 3,
    // What a page shows follows what it knows: it is waited for.
    expect: { poll: { timeout: 10_000, interval: 20 } },
  },
});
