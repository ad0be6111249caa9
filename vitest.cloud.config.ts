import { defineConfig } from 'vitest/config'

/** The tests that need stand-ins of the cloud, or what they bring along: `bash test/cloud/install-stand-ins.sh` first. */
export default defineConfig({
  test: {
    include: [
      'test/cloud/**/*.test.ts',
      'test/infrastructure/published-model/*.test.ts',
      'test/infrastructure/outputs/*.test.ts',
    ],
    globalSetup: ['test/build-programs.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: 'forks',
    // They wait for visibilities and idle exits more than they compute.
    maxWorkers: 3,
  },
})
