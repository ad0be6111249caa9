import { defineConfig } from 'vitest/config'

/** The tests that watch system calls: `bash test/telemetry/install-strace.sh` first. */
export default defineConfig({
  test: {
    include: ['test/telemetry/**/*.test.ts'],
    globalSetup: ['test/build-programs.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    pool: 'forks',
    maxWorkers: 1,
  },
})
