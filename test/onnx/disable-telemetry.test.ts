import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { build } from 'esbuild'
import { afterAll, afterEach, expect, it, vi } from 'vitest'
import { disableTelemetry } from '../../lib/adapters/onnx/disable-telemetry.ts'
import { packageRoot } from '../../lib/embedded/package-root.ts'

const folder = mkdtempSync(join(packageRoot, 'dist/disable-telemetry-'))
afterEach(() => vi.unstubAllEnvs())
afterAll(() => rmSync(folder, { recursive: true }))

it.each([undefined, '0', ''])('turns collection off where the environment says %s', (value) => {
  vi.stubEnv('ORT_DISABLE_TELEMETRY', value)
  disableTelemetry()
  expect(process.env.ORT_DISABLE_TELEMETRY).toBe('1')
})

it.each([
  ['refuses to go on in a thread whose process did not', {}, 'ConfigurationError'],
  ['is content in a thread whose process did', { ORT_DISABLE_TELEMETRY: '1' }, 'done'],
])('%s', async (_, env, expected) => {
  const outfile = join(folder, 'thread.mjs')
  const contents = `import { parentPort } from 'node:worker_threads'
    import { disableTelemetry } from './lib/adapters/onnx/disable-telemetry.ts'
    try { disableTelemetry(); parentPort.postMessage('done') } catch (error) { parentPort.postMessage(error.name) }`
  await build({
    stdin: { contents, resolveDir: packageRoot },
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
  })
  const thread = new Worker(outfile, { env })
  expect(await new Promise((resolve) => thread.once('message', resolve))).toBe(expected)
  await thread.terminate()
})
