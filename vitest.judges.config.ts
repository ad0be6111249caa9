import { defineConfig } from 'vitest/config'

/** What other implementations say of our DICOM objects: `bash test/judges/install-judges.sh` first. */
export default defineConfig({
  test: {
    include: ['test/judges/**/*.test.ts'],
    testTimeout: 240_000,
    hookTimeout: 240_000,
    pool: 'forks',
    maxWorkers: 1,
  },
})
