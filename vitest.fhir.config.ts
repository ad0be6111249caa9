import { defineConfig } from 'vitest/config'

/** What other implementations say of our FHIR bundles: `bash test/fhir/install-judges.sh` first. */
export default defineConfig({
  test: {
    include: ['test/fhir/**/*.test.ts'],
    testTimeout: 240_000,
    hookTimeout: 240_000,
    pool: 'forks',
    maxWorkers: 1,
  },
})
