import { defineConfig } from 'vitest/config'

/** The console's API, tried by schemathesis: `bash test/api/install-schemathesis.sh` first. */
export default defineConfig({
  test: {
    include: ['test/api/**/*.test.ts'],
    globalSetup: ['test/build-programs.ts'],
    testTimeout: 900_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 1,
  },
})
