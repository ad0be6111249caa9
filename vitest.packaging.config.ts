import { defineConfig } from 'vitest/config'

/** The tests of what is deployed. They need the npm registry, hadolint (PyPI) and the stand-ins of the cloud tests. */
export default defineConfig({
  test: {
    include: ['test/packaging/**/*.test.ts'],
    globalSetup: ['test/packaging/build-once.ts'],
    testTimeout: 240_000,
    hookTimeout: 240_000,
    pool: 'forks',
    maxWorkers: 1,
  },
})
