import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { buildResultDocument, type ResultContext } from '../../lib/screening/result-documents/build-result-document.ts'
import { buildOverlay } from '../../lib/screening/result-documents/overlay/build-overlay.ts'
import type { Typeface } from '../../lib/screening/result-documents/overlay/overlay-marks.ts'
import { resultDocument } from '../../lib/screening/result-documents/result-document.ts'
import { buildResultLine } from '../../lib/screening/result-documents/result-line.ts'
import { facts, prepared, size, spacing, suspected } from './screened-image.ts'

const context: ResultContext = {
  imageId: '0'.repeat(32),
  sizeBytes: 1000,
  facts,
  size,
  prepared,
  deidentification: null,
  requestedDocuments: ['mask', 'overlay'],
  documents: ['mask.png', 'overlay.png'],
  models: [{ task: 'classification', id: 'test-classifier', version: '1', sha256: 'a'.repeat(64) }],
  screeningKey: 'b'.repeat(64),
  softwareVersion: '0.1.0',
  analysedAt: new Date('2026-01-02T03:04:05Z'),
  timingsMs: { total: 12.5 },
}

describe('result.json', () => {
  it('has the published schema', async () => {
    const schema = `${JSON.stringify(z.toJSONSchema(resultDocument), null, 2)}\n`
    await expect(schema).toMatchFileSnapshot('../../docs/schemas/result.schema.json')
  })

  it('names no mask where none is delivered', () => {
    const { segmentation } = buildResultDocument(suspected(true), { ...context, documents: [] })
    expect(segmentation).toMatchObject({ mask: null, maskAreaPixels: 100 })
  })

  it('says all of a suspected finding, in the form of the schema', () => {
    const result = buildResultDocument(suspected(true), context)
    expect(resultDocument.parse(result)).toEqual(result)
    expect(result).toMatchObject({
      outcome: 'suspected',
      discordant: false,
      reason: null,
      classification: { probability: 0.8, operatingPoint: { id: 'sensitive', threshold: 0.3 } },
      segmentation: {
        maskAreaPixels: 100,
        areaMm2: 25,
        areaPlane: 'detector',
        side: 'left',
        sideBasis: 'patient-orientation',
        boundingBox: { row: 5, column: 40, rows: 10, columns: 10 },
      },
    })
    expect(result.segmentation?.runLength.split(' ').length).toBe(20)
  })

  it('marks a suspected finding without a region as discordant', () => {
    const result = buildResultDocument(suspected(false), context)
    expect(resultDocument.parse(result)).toMatchObject({
      outcome: 'suspected',
      discordant: true,
      segmentation: { maskAreaPixels: 0, side: null, boundingBox: null, runLength: '-1' },
    })
  })

  it('gives a rejection its reason and remedy, and no probability at all', () => {
    const finding = { outcome: 'not-analysed', code: 'lateral-view', detail: "view position 'LL'" } as const
    const result = buildResultDocument(finding, { ...context, facts: null, prepared: null })
    expect(resultDocument.parse(result)).toMatchObject({
      outcome: 'not-analysed',
      reason: { code: 'lateral-view', remedy: expect.stringMatching(/PA or AP/) },
      classification: null,
      segmentation: null,
    })
    expect(buildResultLine('a.dcm', result)).toMatchObject({ reason: 'lateral-view', probability: null, side: null })
  })

  it.each([
    ['PixelSpacing', 'patient'],
    ['ImagerPixelSpacing', 'detector'],
    ['ImagerPixelSpacing/EstimatedRadiographicMagnificationFactor', 'patient-estimated'],
  ] as const)('tells areas from %s apart', (origin, plane) => {
    const changed = { ...context, facts: { ...facts, pixelSpacing: { ...spacing, origin } } }
    expect(buildResultDocument(suspected(true), changed).segmentation?.areaPlane).toBe(plane)
  })

  it('says when the side is not known', () => {
    const changed = { ...context, facts: { ...facts, patientOrientation: null, orientationUnusable: true } }
    expect(buildResultDocument(suspected(true), changed).segmentation?.sideBasis).toBe('unknown')
  })

  it('says when the side rests on an assumption', () => {
    const changed = { ...context, facts: { ...facts, patientOrientation: null } }
    expect(buildResultDocument(suspected(true), changed).segmentation?.sideBasis).toBe('assumed-standard-display')
  })

  it('tells nothing that names the patient', () => {
    const text = JSON.stringify(buildResultDocument(suspected(true), context))
    expect(text).not.toMatch(/patientAge|patientSex|PatientName|"64"|manufacturer/i)
  })
})

describe('the overlay', () => {
  const texts: string[] = []
  const typeface: Typeface = {
    outline(text) {
      texts.push(text)
      return 'M0,0'
    },
    widthOf: (text, sizePixels) => text.length * sizePixels * 0.5,
  }

  it('outlines the region and says what was found and that it is not for diagnosis', () => {
    texts.length = 0
    const { svg, canvas } = buildOverlay(suspected(true), prepared, facts, typeface)
    expect(canvas.columns).toBe(size.columns)
    expect(canvas.rows).toBeGreaterThan(size.rows)
    const [, x, y] = /<path d="M([\d.]+),([\d.]+)L/.exec(svg)!.map(Number)
    expect(x).toBeGreaterThan(39)
    expect(x).toBeLessThan(51)
    expect(y).toBeGreaterThan(4)
    expect(y).toBeLessThan(16)
    const caption = texts.join('\n')
    expect(caption).toMatch(/Pneumothorax suspected/)
    expect(caption).toMatch(/Probability 0\.80/)
    expect(caption).toMatch(/patient's left/)
    expect(caption).toMatch(/at the detector/)
    expect(caption).toMatch(/Not for diagnostic use/)
  })

  it('says so when there is no region to outline', () => {
    texts.length = 0
    const { svg } = buildOverlay(suspected(false), prepared, facts, typeface)
    expect(svg).toContain('<path d=""')
    expect(texts.join('\n')).toMatch(/no region delineated/)
    expect(texts.join('\n')).not.toMatch(/area/)
  })
})
