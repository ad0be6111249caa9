import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import { listInputs } from '../../lib/embedded/list-inputs.ts'
import { writePhantomSet } from '../../lib/phantom/write-phantom-set.ts'
import { studyDigestOf } from '../../lib/screening/result-documents/study-result/study-identity.ts'
import { type StudyResult, studyResult } from '../../lib/screening/result-documents/study-result/study-result.ts'
import { readResults, runPleura, startPleura } from './run-pleura.ts'

let folder: string
/** Radiographs of one study. */
let frontal: Buffer[]
const uid = '2.25.777'
const format = {
  object: 'DX',
  syntax: 'explicit-little-endian',
  bitsStored: 12,
  photometric: 'MONOCHROME2',
  voi: 'window',
} as const

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pleura-studies-'))
  await writePhantomSet({ count: 6, outDir: join(folder, 'made'), seed: 7, rows: 256, format })
  const files = await listInputs([join(folder, 'made/dicom-images-train')], join(folder, 'none'))
  frontal = await Promise.all(files.map(async ({ path }) => ofStudy(await readFile(path), path.split('/').at(-3)!)))
})

/** The same file under the UID of the test, padded to the length of its own. */
function ofStudy(file: Buffer, own: string): Buffer {
  const text = file.toString('latin1')
  expect(text).toContain(own)
  return withPatient(Buffer.from(text.replaceAll(own, uid.padEnd(own.length, '\0')), 'latin1'), 'PATIENT-1')
}

/** Writes over PatientID, to its own length. */
function withPatient(file: Buffer, id: string): Buffer {
  const changed = Buffer.from(file)
  const at = changed.indexOf(Buffer.from('10002000', 'hex'))
  const length = changed.readUInt16LE(at + 6)
  expect(changed.toString('latin1', at + 4, at + 6)).toBe('LO')
  changed.write(id.slice(0, length).padEnd(length), at + 8, 'latin1')
  return changed
}

async function inputsOf(name: string, files: Record<string, Uint8Array>): Promise<{ inputs: string; out: string }> {
  const inputs = join(folder, name)
  await mkdir(inputs)
  for (const [file, bytes] of Object.entries(files)) await writeFile(join(inputs, file), bytes)
  return { inputs, out: join(folder, `${name}-out`) }
}

async function studyIn(out: string): Promise<StudyResult> {
  const text = await readFile(join(out, 'study-results', studyDigestOf(uid), 'study.json'), 'utf8')
  return studyResult.parse(JSON.parse(text))
}

const truncated = (file: Buffer): Buffer => file.subarray(0, file.length - 2000)

describe('the study results of pleura screen', () => {
  it('roll up the images of a study, and say which were not analysed and why', async () => {
    const { inputs, out } = await inputsOf('several', { 'a.dcm': frontal[0], 'b.dcm': frontal[1] })
    const first = await runPleura('screen', inputs, '--out', out)
    expect(first.stdout).toContain('Studies of several images')
    const before = await studyIn(out)
    const lines = await readResults(out)
    expect(before).toMatchObject({ counts: { images: 2, notAnalysed: 0 }, warnings: [] })
    expect(before.probability).toBe(Math.max(...lines.map(({ probability }) => probability!)))
    expect(before.outcome).toBe(lines.some(({ outcome }) => outcome === 'suspected') ? 'suspected' : 'not-suspected')

    // Another run, of another file alone: the study is still of all three.
    const broken = await inputsOf('broken', { 'c.dcm': truncated(frontal[2]) })
    const { stdout, code } = await runPleura('screen', broken.inputs, '--out', out, '--json')
    expect(code).toBe(2)
    const study = await studyIn(out)
    expect(study).toMatchObject({ counts: { images: 3, notAnalysed: 1 }, notAnalysed: [{ images: 1 }] })
    expect(study.outcome).toBe(before.outcome === 'suspected' ? 'suspected' : 'incomplete')
    const line = JSON.parse(stdout)
    expect(line).toMatchObject({ studyDigest: studyDigestOf(uid), study: { outcome: study.outcome } })
  })

  it('never call a study negative of which an image was not analysed', async () => {
    const lines = await screenEach()
    const negative = lines.findIndex(({ outcome }) => outcome === 'not-suspected')
    expect(negative).toBeGreaterThanOrEqual(0)
    const { inputs, out } = await inputsOf('incomplete', {
      'a.dcm': frontal[negative],
      'b.dcm': truncated(frontal[5]),
    })
    const { stdout } = await runPleura('screen', inputs, '--out', out)
    expect(await studyIn(out)).toMatchObject({ outcome: 'incomplete', counts: { images: 2, notSuspected: 1 } })
    expect(stdout).toContain('incomplete: no negative')
  })

  it('merge no images that name no study', async () => {
    const png = (shade: number) =>
      sharp({ create: { width: 300, height: 300, channels: 3, background: { r: shade, g: shade, b: shade } } })
        .png()
        .toBuffer()
    const unnamed = Buffer.from(frontal[0].toString('latin1').replaceAll(uid, '\0'.repeat(uid.length)), 'latin1')
    const { inputs, out } = await inputsOf('unnamed', {
      'a.png': await png(20),
      'b.png': await png(30),
      'c.dcm': unnamed,
    })
    await runPleura('screen', inputs, '--out', out)
    expect((await readResults(out)).map(({ studyDigest }) => studyDigest)).toEqual([null, null, null])
    expect(await readdir(out)).not.toContain('study-results')
  })

  it('warn of patients that differ within one study', async () => {
    const other = withPatient(frontal[1], 'Q')
    const { inputs, out } = await inputsOf('patients', { 'a.dcm': frontal[0], 'b.dcm': other })
    const { stdout } = await runPleura('screen', inputs, '--out', out)
    expect((await studyIn(out)).warnings).toEqual(['patients-differ'])
    expect(stdout).toContain('patients differ')
  })

  it('say no side in triage mode, also of an image that was screened in full mode', async () => {
    const out = join(folder, 'triage-out')
    const full = await inputsOf('full', { 'a.dcm': frontal[0], 'b.dcm': frontal[1], 'c.dcm': frontal[2] })
    await runPleura('screen', full.inputs, '--out', out)
    const before = await studyIn(out)
    const triage = await inputsOf('triage', { 'd.dcm': frontal[3] })
    await runPleura('screen', triage.inputs, '--out', out, '--mode', 'triage')
    const after = await studyIn(out)
    expect(after).toMatchObject({ sides: null, discordant: false, counts: { images: 4 } })
    if (before.outcome === 'suspected') expect(after.outcome).toBe('suspected')
  })

  it('are whole again after a kill, whenever it came', async () => {
    const { inputs, out } = await inputsOf(
      'killed',
      Object.fromEntries(frontal.slice(0, 3).map((file, n) => [`${n}.dcm`, file])),
    )
    const { process: child, ended } = startPleura('screen', inputs, '--out', out, '--concurrency', '1')
    setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), 1500)
    await ended
    await runPleura('screen', inputs, '--out', out)
    const undisturbed = join(folder, 'undisturbed-out')
    await runPleura('screen', inputs, '--out', undisturbed)
    expect(await studyIn(out)).toEqual(await studyIn(undisturbed))
  })

  it('know the images of an output folder of before, once they are screened again', async () => {
    const { inputs, out } = await inputsOf('older', { 'a.dcm': frontal[0], 'b.dcm': withPatient(frontal[1], 'Q') })
    await runPleura('screen', inputs, '--out', out)
    const before = await studyIn(out)
    expect(before.warnings).toEqual(['patients-differ'])
    await rm(join(out, 'study-results'), { recursive: true })
    const { stdout } = await runPleura('screen', inputs, '--out', out)
    expect(stdout).toMatch(/2 finished before/)
    expect(await studyIn(out)).toEqual(before)
  })
})

async function screenEach() {
  const { inputs, out } = await inputsOf('each', Object.fromEntries(frontal.map((file, n) => [`${n}.dcm`, file])))
  await runPleura('screen', inputs, '--out', out)
  return readResults(out)
}
