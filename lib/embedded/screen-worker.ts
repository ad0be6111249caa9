import { open, readFile, stat } from 'node:fs/promises'
import sharp from 'sharp'
import { createCodecs } from '../adapters/codecs/create-codecs.ts'
import { createDocumentTools } from '../adapters/codecs/create-document-tools.ts'
import { FolderObjectStore } from '../adapters/embedded/folder-object-store.ts'
import { encodePath } from '../adapters/embedded/path-bytes.ts'
import { systemClock } from '../adapters/embedded/system-clock.ts'
import { loadCascade } from '../adapters/onnx/load-cascade.ts'
import type { Finding } from '../screening/finding/finding.ts'
import { StudyRejectedError } from '../screening/kernel/errors.ts'
import { type ImageId, imageIdOf } from '../screening/kernel/identifiers.ts'
import { type Preprocessed, preprocess } from '../screening/preprocess.ts'
import { describeSource, type SourceDescription } from '../screening/radiograph/describe-source.ts'
import type { SuitabilityPolicy } from '../screening/radiograph/suitability.ts'
import { buildDocuments } from '../screening/result-documents/build-documents.ts'
import { buildResultDocument } from '../screening/result-documents/build-result-document.ts'
import { deidentify, pseudonymousStudy } from '../screening/result-documents/deidentification/deidentify.ts'
import { isSameResult, predecessorOf } from '../screening/result-documents/predecessor.ts'
import type { ResultDocument } from '../screening/result-documents/result-document.ts'
import { preparationKeyOf, screeningKeyOf } from '../screening/result-documents/screening-key.ts'
import { readResult, writeResult } from '../screening/result-documents/write-result.ts'
import { inMode, screen } from '../screening/screen.ts'
import { registerInFolder } from './folder-study-results.ts'
import { packageVersion } from './package-root.ts'
import type { PreparedLine } from './prepared-line.ts'
import { rejectedLine } from './rejected-line.ts'
import { pseudonymsOf, type ScreeningSettings } from './screening-settings.ts'
import { UnreadableSourceError } from './unreadable-source-error.ts'

/*
 * The program of a screening process: one image at a time, the whole way from file to documents. The networks block
 * the process while they run and codecs may hang or crash on hostile files, so the parent starts as many of these as
 * images may be under way, and ends one that overruns its time.
 */

export interface ScreenTask {
  readonly path: string
  /** Of the file's bytes; its result lies under a pseudonym of it where the settings have a key. */
  readonly imageId: ImageId
  readonly settings: ScreeningSettings
}

export interface RegisterTask {
  readonly path: string
  /** Of the file's bytes. */
  readonly imageId: ImageId
  readonly settings: ScreeningSettings
  /** The system has failed over it. */
  readonly failed: boolean
}

export interface PrepareTask {
  readonly path: string
  readonly imageId: ImageId
  readonly outDir: string
  readonly policy: SuitabilityPolicy
  readonly fullResolution: boolean
}

// A terminal sends Ctrl-C to every process of the command: the parent decides what is finished first.
process.on('SIGINT', () => {})

// One image at a time, none of them again: a cache would only hold memory, and one thread is what a process is given.
sharp.cache(false)
sharp.concurrency(1)

const codecs = createCodecs()
const documentTools = once(() => createDocumentTools(codecs))
const cascadeOf = once((settings: ScreeningSettings) =>
  loadCascade(settings.modelsFolder, { executionProvider: settings.executionProvider, threads: settings.threads }),
)

/** Screens one file and writes its documents. A rejection is a result; anything else that fails is thrown. */
export async function screenFile({ path, imageId, settings }: ScreenTask): Promise<ResultDocument> {
  const started = systemClock.monotonic()
  const networks = inMode(await cascadeOf(settings), settings.mode)
  const { classifier, segmenter, operatingPoint } = networks
  const timingsMs: Record<string, number> = {}
  const sizeBytes = await sizeOf(path)
  let preprocessed: Preprocessed | null = null
  let described: SourceDescription | null = null
  let source: Uint8Array | null = null
  let finding: Finding
  try {
    source = await readSource(path, imageId, sizeBytes, settings.policy)
    timingsMs.read = systemClock.monotonic() - started
    preprocessed = await preprocess(source, codecs, settings.policy, systemClock)
    const screening = await screen(preprocessed.prepared, preprocessed.facts, networks, systemClock)
    Object.assign(timingsMs, preprocessed.timingsMs, screening.timingsMs)
    finding = screening.finding
  } catch (error) {
    if (!(error instanceof StudyRejectedError)) throw error
    finding = { outcome: 'not-analysed', code: error.code, detail: error.message }
    described = describeSource(source ?? (await readHead(path)))
  }

  const documenting = systemClock.monotonic()
  const screeningKey = screeningKeyOf(
    classifier.bundle,
    segmenter?.bundle ?? null,
    operatingPoint,
    preparationKeyOf(settings.policy),
  )
  const store = new FolderObjectStore(settings.outDir)
  const pseudonyms = pseudonymsOf(settings)
  const stored = await readResult(store, pseudonyms?.imageId(imageId) ?? imageId)
  const identified = {
    finding,
    imageId,
    sizeBytes,
    facts: preprocessed?.facts ?? described?.facts ?? null,
    identity: preprocessed?.identity ?? described?.identity ?? null,
    size: preprocessed?.prepared.source ?? described?.size ?? null,
    prepared: preprocessed?.prepared ?? null,
    models: [classifier.bundle, ...(segmenter ? [segmenter.bundle] : [])],
    requestedDocuments: settings.documents,
    screeningKey,
    softwareVersion: packageVersion,
    predecessor: predecessorOf(stored, screeningKey, packageVersion),
    deidentification: null,
    analysedAt: new Date(systemClock.now()),
  }
  const told = pseudonyms ? deidentify(identified, pseudonyms, burnedInAnnotationOf(source, described)) : identified
  // Made again, it is the same object: a receiver that has it must not find it changed.
  const isSame = stored && isSameResult(stored, screeningKey, packageVersion)
  const context = isSame ? { ...told, analysedAt: new Date(stored.analysedAt) } : told
  await registerInFolder(store, context.imageId, context.facts?.studyInstanceUid ?? null, context.identity)
  const documents = await buildDocuments(context, documentTools)
  timingsMs.documents = systemClock.monotonic() - documenting
  timingsMs.total = systemClock.monotonic() - started
  const result = buildResultDocument(context.finding, {
    ...context,
    documents: documents.map(({ name }) => name),
    timingsMs,
  })
  await writeResult(store, result, documents, stored)
  return result
}

/**
 * Notes the study of a file whose result is not made now: one over which `screenFile` failed (what crashes while pixels
 * are decoded may well name its study), or one whose result is of before.
 * @returns its StudyInstanceUID, or the pseudonym of it; null when it names none
 */
export async function registerFile({ path, imageId, settings, failed }: RegisterTask): Promise<string | null> {
  const described = describeSource(await readHead(path))
  const pseudonyms = pseudonymsOf(settings)
  const told = described && pseudonyms ? pseudonymousStudy(described, pseudonyms) : described
  const studyInstanceUid = told?.facts.studyInstanceUid ?? null
  const store = new FolderObjectStore(settings.outDir)
  const storedId = pseudonyms?.imageId(imageId) ?? imageId
  await registerInFolder(store, storedId, studyInstanceUid, told?.identity ?? null, { failed })
  return studyInstanceUid
}

/** Read anew of a file that was analysed: nothing else needs it. */
const burnedInAnnotationOf = (source: Uint8Array | null, described: SourceDescription | null): string | null =>
  (described ?? (source && describeSource(source)))?.burnedInAnnotation ?? null

/** The first half alone: writes the prepared image and says how it was made. */
export async function prepareFile(task: PrepareTask): Promise<Omit<PreparedLine, 'input'>> {
  const { path, imageId, outDir, policy, fullResolution } = task
  try {
    const source = await readSource(path, imageId, await sizeOf(path), policy)
    const { facts, prepared } = await preprocess(source, codecs, policy, systemClock, { fullResolution })
    await new FolderObjectStore(outDir).put(`${imageId}.png`, await codecs.encodeGreyPng(prepared))
    const { origin, window } = prepared.greyLevels
    return {
      imageId,
      outcome: 'prepared',
      reason: null,
      detail: null,
      png: `${imageId}.png`,
      rows: prepared.source.rows,
      columns: prepared.source.columns,
      preparedRows: prepared.rows,
      preparedColumns: prepared.columns,
      transferSyntaxUid: facts.transferSyntaxUid,
      photometricInterpretation: facts.photometricInterpretation,
      bitsStored: facts.bitsStored,
      window: {
        origin,
        center: window?.center ?? null,
        width: window?.width ?? null,
        function: window?.function ?? null,
      },
      viewPosition: facts.viewPosition,
      modality: facts.modality,
      pixelSpacingMm: facts.pixelSpacing
        ? { row: facts.pixelSpacing.rowMm, column: facts.pixelSpacing.columnMm, origin: facts.pixelSpacing.origin }
        : null,
      warnings: prepared.warnings,
    }
  } catch (error) {
    if (!(error instanceof StudyRejectedError)) throw error
    return rejectedLine(imageId, error.code, error.message)
  }
}

async function sizeOf(path: string): Promise<number> {
  const entry = await stat(encodePath(path)).catch(cannotRead)
  return entry.size
}

/** @throws {UnreadableSourceError} also when it is no longer the file that was identified */
async function readSource(
  path: string,
  imageId: ImageId,
  sizeBytes: number,
  policy: SuitabilityPolicy,
): Promise<Uint8Array> {
  if (sizeBytes > policy.maximumFileBytes) {
    throw new StudyRejectedError(
      'too-large',
      `the file has ${sizeBytes} bytes, the limit is ${policy.maximumFileBytes}`,
    )
  }
  const bytes = await readFile(encodePath(path)).catch(cannotRead)
  if (imageIdOf(bytes) !== imageId) throw new UnreadableSourceError('the file changed while it was read')
  return bytes
}

/** Patient, study and acquisition stand before the pixels. Unit: bytes. */
const headBytes = 1 << 20

/** The start of a file that is not read whole. */
async function readHead(path: string): Promise<Uint8Array> {
  const file = await open(encodePath(path)).catch(cannotRead)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

function cannotRead(cause: NodeJS.ErrnoException): never {
  throw new UnreadableSourceError(cause.code ?? cause.message)
}

/** A process serves one run with one set of settings: what is loaded once stays. */
function once<A extends unknown[], R>(make: (...args: A) => R): (...args: A) => R {
  let made: { value: R } | undefined
  return (...args) => {
    made ??= { value: make(...args) }
    return made.value
  }
}
