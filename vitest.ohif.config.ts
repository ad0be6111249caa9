import { defineConfig } from 'vitest/config'

/** What OHIF shows of our DICOM objects out of an Orthanc: `bash test/ohif/install-ohif.sh` first. */
export default defineConfig({
  test: {
    include: ['test/ohif/**/*.test.ts'],
    globalSetup: ['test/build-programs.ts'],
    testTimeout: 240_000,
    hookTimeout: 240_000,
    pool: 'forks',
    maxWorkers: 1,
  },
})
