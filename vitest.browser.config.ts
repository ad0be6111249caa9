import { defineConfig } from 'vitest/config'

/** The console in a real browser: its own suite, since it needs a Chromium. */
export default defineConfig({
  test: {
    include: ['test/browser/**/*.test.ts'],
    globalSetup: ['test/build-programs.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // A busy machine takes its time to draw; the tests never compare at once.
    expect: { poll: { timeout: 30_000 } },
    pool: 'forks',
    maxWorkers: 1,
    sequence: { shuffle: false },
  },
})
