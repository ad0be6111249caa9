import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createCodecs } from '../../lib/adapters/codecs/create-codecs.ts'
import { createDocumentTools } from '../../lib/adapters/codecs/create-document-tools.ts'
import { FolderObjectStore } from '../../lib/adapters/embedded/folder-object-store.ts'
import type { DelineatedFinding, Finding } from '../../lib/screening/finding/finding.ts'
import type { DocumentKind } from '../../lib/screening/kernel/document-kinds.ts'
import type { ObjectStore } from '../../lib/screening/kernel/ports.ts'
import { buildDocuments, documentTypes } from '../../lib/screening/result-documents/build-documents.ts'
import { buildResultDocument } from '../../lib/screening/result-documents/build-result-document.ts'
import type { DocumentSource } from '../../lib/screening/result-documents/document-type.ts'
import { buildHeatMap } from '../../lib/screening/result-documents/heat-map/build-heat-map.ts'
import { buildComparison } from '../../lib/screening/result-documents/secondary-capture/build-comparison.ts'
import { writeResult, writeResultOnce } from '../../lib/screening/result-documents/write-result.ts'
import { facts, prepared, size, suspected } from './screened-image.ts'

const codecs = createCodecs()
const tools = () => createDocumentTools(codecs)
const pictures: DocumentKind[] = ['mask', 'overlay', 'class-activation-map']
const map = { rows: 2, columns: 2, values: new Float32Array([-1, 0, 1, 3]) }
const { classification } = suspected(true)

const withMap: DelineatedFinding = {
  ...suspected(true),
  classification: { ...classification, classActivationMap: map },
}
const notSuspected: Finding = {
  outcome: 'not-suspected',
  classification: { ...classification, classActivationMap: map },
}
const rejected: Finding = { outcome: 'not-analysed', code: 'lateral-view', detail: "view position 'LL'" }

const sourceOf = (finding: Finding, requestedDocuments = pictures): DocumentSource => ({
  finding,
  imageId: '0'.repeat(32),
  sizeBytes: 1000,
  facts: finding === rejected ? null : facts,
  identity: null,
  size: finding === rejected ? null : size,
  prepared: finding === rejected ? null : prepared,
  deidentification: null,
  predecessor: null,
  models: [],
  requestedDocuments,
  screeningKey: 'b'.repeat(64),
  softwareVersion: '0.1.0',
  analysedAt: new Date('2026-01-02T03:04:05Z'),
})

describe('the documents of an image', () => {
  it('have names of their own, none of them result.json', () => {
    const names = ['result.json', ...documentTypes.map(({ name }) => name)]
    expect(new Set(names).size).toBe(names.length)
  })

  it.each([
    ['suspected', withMap, pictures, ['class-activation-map.png', 'mask.png', 'overlay.png']],
    ['suspected, no map asked for', withMap, ['mask', 'overlay'] as DocumentKind[], ['mask.png', 'overlay.png']],
    ['suspected by a network without a map', suspected(true), pictures, ['mask.png', 'overlay.png']],
    ['discordant', suspected(false), pictures, ['mask.png', 'overlay.png']],
    ['suspected, for a receiver of the flag alone', withMap, [] as DocumentKind[], []],
    ['not suspected', notSuspected, pictures, ['class-activation-map.png']],
    ['not analysed', rejected, pictures, []],
  ])('are, of one %s', async (_, finding, requested, names) => {
    const documents = await buildDocuments(sourceOf(finding, requested), tools)
    expect(documents.map(({ name }) => name)).toEqual(names)
  })

  it('show the picture without marks beside the marked one, in a Secondary Capture', async () => {
    const { image, overlay } = buildComparison(withMap, prepared, facts, tools().typeface)
    expect(image).toMatchObject({ rows: size.rows, columns: size.columns * 2 + 3 })
    const { pixels, columns } = await tools().renderOverlay(image, overlay)
    const coloursOf = (from: number) =>
      Array.from({ length: size.rows * size.columns }, (_, i) => {
        const at = 3 * (Math.floor(i / size.columns) * columns + from + (i % size.columns))
        return pixels[at] === pixels[at + 2]
      })
    expect(coloursOf(0)).not.toContain(false)
    expect(coloursOf(size.columns + 3)).toContain(false)
  })

  it('paint each band of the heat map in its own colour, with a legend', () => {
    const texts: string[] = []
    const typeface = {
      outline: (text: string) => {
        texts.push(text)
        return 'M0,0'
      },
      widthOf: () => 10,
    }
    const { svg } = buildHeatMap(suspected(true), prepared, facts, typeface)
    expect([...svg.matchAll(/<path d="M[^"]*" fill="(#\w+)" fill-opacity/g)].map(([, colour]) => colour)).toEqual([
      '#8c4a00',
      '#c46a00',
      '#e69f00',
      '#f5c542',
    ])
    expect(texts).toEqual(expect.arrayContaining(['10 to 30 %', '90 to 100 %']))
    expect(texts.join()).toContain('Not for diagnostic use')
  })

  it('are the same bytes each time', async () => {
    const build = () => buildDocuments(sourceOf(withMap), tools)
    expect(await build()).toEqual(await build())
  })

  it('hold the mask in the geometry of the source, and the map from black to white', async () => {
    const [mapPicture, mask] = await buildDocuments(sourceOf(withMap), tools)
    const { rows, columns, values } = await codecs.decodeRaster(mask.body)
    expect({ rows, columns }).toEqual(size)
    expect(values.filter((value) => value === 255)).toHaveLength(100)
    expect([...(await codecs.decodeRaster(mapPicture.body)).values]).toEqual([0, 64, 128, 255])
  })
})

describe('writing a result', () => {
  const openStore = async (): Promise<{ store: ObjectStore; written: [string, string | undefined][] }> => {
    const store: ObjectStore = new FolderObjectStore(await mkdtemp(join(tmpdir(), 'pleura-documents-')))
    const written: [string, string | undefined][] = []
    const put = store.put.bind(store)
    store.put = (key, body, options) => {
      written.push([key.slice(key.lastIndexOf('/') + 1), options?.contentType])
      return put(key, body, options)
    }
    return { store, written }
  }
  const documents = [
    { name: 'mask.png', mediaType: 'image/png', body: new Uint8Array([1]) },
    { name: 'note.txt', mediaType: 'text/plain', body: new Uint8Array([2]) },
  ]
  const keysOf = async (store: ObjectStore): Promise<string[]> => {
    const keys: string[] = []
    for await (const key of store.list(`${result.imageId}/`)) keys.push(key.slice(result.imageId.length + 1))
    return keys.sort()
  }
  const result = buildResultDocument(rejected, { ...sourceOf(rejected), documents: [], timingsMs: {} })
  const inOrder = [
    ['mask.png', 'image/png'],
    ['note.txt', 'text/plain'],
    ['result.json', 'application/json'],
  ]

  it('puts result.json behind all documents, each with its media type', async () => {
    const { store, written } = await openStore()
    await writeResult(store, result, documents)
    expect(written).toEqual(inOrder)
  })

  it('removes what a run that was cut short left there', async () => {
    const { store } = await openStore()
    await store.put(`${result.imageId}/segmentation.dcm`, new Uint8Array([3]))
    await writeResult(store, result, documents)
    expect(await keysOf(store)).toEqual(['mask.png', 'note.txt', 'result.json'])
  })

  it.each([true, false])('moves a result of another key aside, with its documents (told of it: %s)', async (isTold) => {
    const { store } = await openStore()
    const earlier = { ...result, screeningKey: 'c'.repeat(64) }
    await writeResult(store, earlier, documents)
    await writeResult(store, result, [], isTold ? earlier : undefined)
    const aside = ['mask.png', 'note.txt', 'result.json'].map((name) => `superseded/${earlier.screeningKey}/${name}`)
    expect(await keysOf(store)).toEqual(['result.json', ...aside])
  })

  it('keeps a result that it cannot read: it may be that of a newer version', async () => {
    const { store } = await openStore()
    await store.put(`${result.imageId}/result.json`, new Uint8Array([4]))
    await writeResult(store, result, [])
    expect(await keysOf(store)).toEqual(['result.json', 'superseded/unreadable/result.json'])
    expect([...(await store.get(`${result.imageId}/superseded/unreadable/result.json`))]).toEqual([4])
  })

  it("puts it behind them in the cloud's place too, where the first writer's result stands", async () => {
    const { store, written } = await openStore()
    expect(await writeResultOnce(store, 'results/x/', result, documents)).toEqual(result)
    expect(written).toEqual(inOrder)
    const later = { ...result, analysedAt: '2027-01-01T00:00:00.000Z' }
    expect(await writeResultOnce(store, 'results/x/', later, documents)).toEqual(result)
  })
})
