import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { defaultModelsFolder, packageRoot } from '../../lib/embedded/package-root.ts'
import { writePhantomSet } from '../../lib/phantom/write-phantom-set.ts'
import { type Traced, traceProgram } from './trace-program.ts'

const folder = mkdtempSync(join(tmpdir(), 'pleura-telemetry-'))
const programs = mkdtempSync(join(packageRoot, 'dist/telemetry-'))
const command = join(packageRoot, 'dist/lib/cli/main.js')
const images = join(folder, 'made/dicom-images-train')

beforeAll(async () => {
  await writePhantomSet({ count: 2, outDir: join(folder, 'made'), seed: 7, rows: 256 })
  await build({
    absWorkingDir: packageRoot,
    entryPoints: ['test/telemetry/start-inference.ts', 'functions/screen/inference-program.ts'],
    outdir: programs,
    entryNames: '[name]',
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'warning',
  })
})
afterAll(() => {
  rmSync(folder, { recursive: true })
  rmSync(programs, { recursive: true })
})

const identifying = /machine-id|boot_id|hostid|product_uuid|DeveloperTools|\.onnxruntime|\/etc\/(resolv\.conf|hosts)$/

function expectSilence({ opened, network, home }: Traced): void {
  expect(opened.filter((path) => identifying.test(path))).toEqual([])
  expect(network).toEqual([])
  expect(home).toEqual([])
}

describe('onnxruntime left to itself', () => {
  it('reads the id of the machine and keeps events: this suite sees what it looks for', () => {
    const program = join(programs, 'control.mjs')
    const model = join(packageRoot, 'test/fixtures/models/tiny-classifier/model.onnx')
    writeFileSync(
      program,
      `import { InferenceSession } from 'onnxruntime-node'\nawait InferenceSession.create(${JSON.stringify(model)})\n`,
    )
    const { opened, home } = traceProgram([program])
    expect(opened).toContain('/etc/machine-id')
    expect(home.filter((path) => path.endsWith('onnxruntime.db'))).toHaveLength(1)
  })
})

describe('a screening', () => {
  it('by the command line reads no id, keeps no events, looks up no host', () => {
    const out = join(folder, 'out')
    const traced = traceProgram([command, 'screen', images, '--out', out])
    expect(traced.opened.filter((path) => path.endsWith('libonnxruntime.so.1')).length).toBeGreaterThan(0)
    expect(readdirSync(out)).toContain('results.jsonl')
    expectSilence(traced)
  })

  it('by the command line is as silent where the caller turned collection on', () => {
    const traced = traceProgram([command, 'screen', images, '--out', join(folder, 'again')], {
      ORT_DISABLE_TELEMETRY: '0',
    })
    expectSilence(traced)
  })

  it("in the worker's inference thread reads no id, keeps no events, looks up no host", () => {
    const traced = traceProgram([join(programs, 'start-inference.js'), defaultModelsFolder])
    expect(traced.opened.filter((path) => path.endsWith('libonnxruntime.so.1')).length).toBeGreaterThan(0)
    expectSilence(traced)
  })
})
