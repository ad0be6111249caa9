import { writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { documentStudy, type InferredStudy } from '../../../functions/screen/document-study.ts'
import { StudyDocuments } from '../../../functions/screen/study-documents.ts'
import { createCodecs } from '../../../lib/adapters/codecs/create-codecs.ts'
import { createDocumentTools } from '../../../lib/adapters/codecs/create-document-tools.ts'
import { systemClock } from '../../../lib/adapters/embedded/system-clock.ts'
import { loadCascade } from '../../../lib/adapters/onnx/load-cascade.ts'
import { builtProgram } from '../../../lib/embedded/package-root.ts'
import { documentKinds } from '../../../lib/screening/kernel/document-kinds.ts'
import type { JobQueue } from '../../../lib/screening/kernel/ports.ts'
import { preprocess } from '../../../lib/screening/preprocess.ts'
import { defaultSuitabilityPolicy } from '../../../lib/screening/radiograph/suitability.ts'
import { infer } from '../../../lib/screening/screen.ts'
import { maximumAttempts } from '../../../lib/screening/screening-job/delivery-limits.ts'
import { buildDicom } from '../../radiograph/build-dicom.ts'
import { drawPicture } from './draw-picture.ts'
import { type Clinic, failureOf, imageIdOfNumber, openClinic, tinyModels } from './open-clinic.ts'

const program = pathToFileURL(builtProgram('functions/screen/documents-program.ts'))
const codecs = createCodecs()
const tools = createDocumentTools(codecs)
const large = { rows: 4000, columns: 4100 }

/** A program of a thread, in which `port` is the port to the main one. */
const programOf = (text: string): URL =>
  new URL(
    `data:text/javascript,${encodeURIComponent(`import { existsSync } from 'node:fs'
      import { parentPort as port } from 'node:worker_threads'
      ${text}`)}`,
  )

/** Blocks its thread with every study until `flag` is there; then it does what the real program does. */
const programBehind = (flag: string): URL =>
  programOf(`
    const on = port.on.bind(port)
    const waiting = new Int32Array(new SharedArrayBuffer(4))
    port.on = (event, listener) => on(event, (study) => {
      while (!existsSync(${JSON.stringify(flag)})) Atomics.wait(waiting, 0, 0, 5)
      listener(study)
    })
    await import(${JSON.stringify(program.href)})
  `)

const newFlag = async (): Promise<string> => join(await mkdtemp(join(tmpdir(), 'pleura-flag-')), 'flag')

function open(of: URL): StudyDocuments {
  const documents = new StudyDocuments(of, tools, systemClock)
  onTestFinished(() => documents.close())
  return documents
}

/** A study that both networks have seen. */
async function inferStudy(source: Uint8Array, size?: { rows: number; columns: number }): Promise<InferredStudy> {
  const cascade = await loadCascade(tinyModels, { executionProvider: 'cpu', threads: 1 })
  const { prepared, facts, identity } = await preprocess(source, codecs, defaultSuitabilityPolicy, systemClock)
  return {
    inference: await infer(prepared, facts, cascade, systemClock),
    imageId: imageIdOfNumber(1),
    sizeBytes: source.length,
    facts,
    identity,
    prepared: { ...prepared, source: size ?? prepared.source },
    models: [cascade.classifier.bundle, cascade.segmenter.bundle],
    screeningKey: '0'.repeat(64),
    softwareVersion: '0.0.0',
    deidentification: null,
    predecessor: null,
    requestedDocuments: documentKinds,
    analysedAt: new Date('2026-01-02T03:04:05Z'),
  }
}

const contentOf = ({ result, documents }: Awaited<ReturnType<typeof documentStudy>>) => ({
  result,
  documents: documents.map(({ body, ...rest }) => ({ ...rest, body: Buffer.from(body).toString('base64') })),
})

describe('the documents of a study', () => {
  it('are the same bytes out of the thread of large sources as out of the main one', async () => {
    const study = await inferStudy(buildDicom({}), large)
    const built = contentOf(await open(program).build(study))
    const expected = contentOf(await documentStudy(study, tools, systemClock))
    expect(expected.result.outcome).toBe('suspected')
    expect(built.documents.map(({ name }) => name)).toEqual(expected.documents.map(({ name }) => name))
    expect(built).toEqual(expected)
  })

  it('of large sources are built one after the other, while those of small ones pass', async () => {
    const flag = await newFlag()
    const study = await inferStudy(await drawPicture(1, true))
    const documents = open(programBehind(flag))
    const order: string[] = []
    const build = async (name: string, size = large): Promise<void> => {
      await documents.build({ ...study, prepared: { ...study.prepared, source: size } })
      order.push(name)
    }
    const ofLarge = ['first', 'second', 'third'].map((name) => build(name))
    await build('small', study.prepared.source)
    writeFileSync(flag, '')
    await Promise.all(ofLarge)
    expect(order).toEqual(['small', 'first', 'second', 'third'])
  })

  it.each([
    ['ends', 'process.exit(3)', /ended with 3/],
    ['throws', "throw new Error('out of memory')", /out of memory/],
    ['tells of a failure', "port.postMessage({ kind: 'failed', message: 'no room' })", /no room/],
  ])('fail at once when their thread %s, and the next study is not held up', async (_, onStudy, expected) => {
    const study = await inferStudy(await drawPicture(1, true), large)
    const documents = open(
      programOf(`port.on('message', (study) => {
        if (study.sizeBytes === 1) { ${onStudy} }
        else port.postMessage({ kind: 'documented', study: 'of the next' })
      })`),
    )
    const bad = documents.build({ ...study, sizeBytes: 1 })
    const next = documents.build({ ...study, sizeBytes: 2 })
    await expect(bad).rejects.toThrow(expected)
    expect(await next).toBe('of the next')
  })

  it('fail when the thread cannot be started', async () => {
    const study = await inferStudy(await drawPicture(1, true), large)
    await expect(open(programOf("throw new Error('no such program')")).build(study)).rejects.toThrow('no such program')
  })
})

describe('a worker with a large source', () => {
  it('keeps its message while the thread is at work', async () => {
    const clinic = await openClinic()
    await prepareLarge(clinic)
    const flag = await newFlag()
    let renewals = 0
    const routine: JobQueue = Object.create(clinic.queues.routine, {
      extend: {
        value: (receipt: string, visibilityMs: number) => {
          if (++renewals === 4) writeFileSync(flag, '')
          return clinic.queues.routine.extend(receipt, visibilityMs)
        },
      },
      receive: { value: clinic.queues.routine.receive.bind(clinic.queues.routine) },
      acknowledge: { value: clinic.queues.routine.acknowledge.bind(clinic.queues.routine) },
    })
    const documents = open(programBehind(flag))
    // Renewed at a third of it: by the fourth time it would have ended.
    await clinic.work({ documents, queues: { ...clinic.queues, routine } }, { visibilityMs: 3_000 })
    expect(renewals).toBeGreaterThanOrEqual(4)
    expect(await clinic.results()).toMatchObject([{ outcome: 'suspected', source: large }])
    expect(clinic.lines.join('\n')).not.toContain('given-back')
    expect(await clinic.queues.routine.depth()).toBe(0)
  })

  it('fails it at once when the thread dies, and goes on with its neighbours', async () => {
    const clinic = await openClinic()
    await prepareLarge(clinic)
    await clinic.prepare(imageIdOfNumber(2), { seed: 2 })
    await clinic.send('north', imageIdOfNumber(2))
    await clinic.work({ documents: open(programOf("port.on('message', () => process.exit(134))")) })
    expect((await clinic.results()).map(({ imageId }) => imageId)).toEqual([imageIdOfNumber(2)])
    expect(await failureOf(clinic, imageIdOfNumber(1))).toMatchObject({
      reason: 'defect',
      attempts: { failed: maximumAttempts, endedAlone: 0 },
    })
    expect(await clinic.queues.routine.deadLetters()).toHaveLength(1)
  })
})

/** Image 1 of the clinic, as if its source had 16 megapixels. */
async function prepareLarge({ prepare, send, store, textOf, keysBelow }: Clinic): Promise<void> {
  await prepare(imageIdOfNumber(1))
  const key = (await keysBelow('prepared/')).find((key) => key.endsWith('study.json'))!
  const study = JSON.parse(await textOf(key))
  study.prepared.source = large
  await store.put(key, new TextEncoder().encode(JSON.stringify(study)))
  await send('north', imageIdOfNumber(1))
}
