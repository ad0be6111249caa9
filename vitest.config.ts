import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [
      'test/api/**',
      'test/browser/**',
      'test/cloud/**',
      'test/dicom-network/dcmtk/**',
      'test/fhir/**',
      'test/judges/**',
      'test/ohif/**',
      'test/packaging/**',
      'test/telemetry/**',
      'test/infrastructure/published-model/**',
      'test/infrastructure/outputs/**',
    ],
    globalSetup: ['test/build-programs.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 2,
    // Its ES modules name folders, which Node does not resolve.
    server: { deps: { inline: ['dt-sql-parser'] } },
  },
})
