import { defineConfig } from 'vitest/config'

/** The tests that send with DCMTK: `bash test/dicom-network/install-dcmtk.sh` first. */
export default defineConfig({
  test: {
    include: ['test/dicom-network/dcmtk/*.test.ts'],
    globalSetup: ['test/build-programs.ts'],
    testTimeout: 900_000,
    hookTimeout: 300_000,
    pool: 'forks',
    maxWorkers: 1,
  },
})
