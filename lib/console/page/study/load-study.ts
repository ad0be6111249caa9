import { decodeRunLength } from '../../../screening/finding/run-length.ts'
import type { FrameFacts, FrameGrant } from '../../contract/frame.ts'
import type { Study } from '../../contract/study.ts'
import { ProblemError, request, requestJson } from '../request.ts'
import type { ActivationMap } from '../viewer/activation-map.ts'
import { buildPyramid, type FrameLevel } from '../viewer/frame-pyramid.ts'

export interface Picture {
  readonly facts: FrameFacts
  /** The frame itself first, then halved again and again. */
  readonly levels: readonly FrameLevel[]
  /** 0/1. Shape: rows × columns; null where the result has none. */
  readonly mask: Uint8Array | null
  readonly activationMap: ActivationMap | null
}

export const loadStudy = (studyId: string): Promise<Study> => requestJson(`/api/studies/${studyId}`)

/** @throws {Error} when what came is not what its facts say: a picture must be whole or not there */
export async function loadPicture(study: Study): Promise<Picture> {
  const path = `/api/studies/${study.row.studyId}`
  // One after the other: a server that keeps nothing in memory would decode twice.
  const facts = await requestJson<FrameFacts>(`${path}/frame-facts`)
  const [bytes, activationMap] = await Promise.all([
    loadSamples(`${path}/frame`),
    study.hasClassActivationMap ? loadActivationMap(`${path}/class-activation-map`) : null,
  ])
  const { rows, columns } = facts
  if (bytes.byteLength !== rows * columns * 2) throw new Error('the picture did not come whole')
  const segmentation = study.result?.segmentation ?? null
  const hasMask = segmentation !== null && segmentation.maskAreaPixels > 0
  return {
    facts,
    levels: buildPyramid({ width: columns, height: rows, samples: samplesOf(bytes) }),
    mask: hasMask ? decodeRunLength(segmentation.runLength, facts) : null,
    activationMap,
  }
}

/** Where the answer is an address that holds for a short time, they lie there. */
async function loadSamples(path: string): Promise<ArrayBuffer> {
  const response = await request(path)
  if (!response.headers.get('content-type')?.startsWith('application/json')) return response.arrayBuffer()
  const { href }: FrameGrant = await response.json()
  const samples = await fetch(href, { cache: 'no-store', credentials: 'omit' })
  if (samples.ok) return samples.arrayBuffer()
  const { status } = samples
  const detail = 'Open the study again.'
  throw new ProblemError({ type: 'about:blank', title: 'The picture was not handed out', status, detail })
}

/** The little end comes first, whatever the machine has. */
function samplesOf(bytes: ArrayBuffer): Uint16Array {
  const isLittle = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1
  if (isLittle) return new Uint16Array(bytes)
  const words = new DataView(bytes)
  return Uint16Array.from({ length: bytes.byteLength / 2 }, (_, at) => words.getUint16(at * 2, true))
}

async function loadActivationMap(path: string): Promise<ActivationMap> {
  const { rows, columns, levels } = await loadGrey(path)
  return { rows, columns, activation: levels }
}

/** What a reader has drawn. @returns 0/1 @throws {Error} when it is of another size than the picture */
export async function loadMask(path: string, facts: FrameFacts): Promise<Uint8Array> {
  const { rows, columns, levels } = await loadGrey(path)
  if (rows !== facts.rows || columns !== facts.columns) throw new Error('the mask is none of this picture')
  return levels.map((level) => level >> 7)
}

/** A greyscale PNG. Shape of `levels`: rows × columns. */
async function loadGrey(path: string): Promise<{ rows: number; columns: number; levels: Uint8Array }> {
  const bitmap = await createImageBitmap(await (await request(path)).blob())
  const { width: columns, height: rows } = bitmap
  const drawing = new OffscreenCanvas(columns, rows).getContext('2d', { willReadFrequently: true })!
  drawing.drawImage(bitmap, 0, 0)
  const { data: colours } = drawing.getImageData(0, 0, columns, rows)
  const levels = new Uint8Array(rows * columns)
  for (let at = 0; at < levels.length; at++) levels[at] = colours[at * 4]
  return { rows, columns, levels }
}
