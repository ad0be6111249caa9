import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Finding } from '../../lib/screening/finding/finding.ts'
import { buildResultDocument } from '../../lib/screening/result-documents/build-result-document.ts'
import type { ResultDocument } from '../../lib/screening/result-documents/result-document.ts'
import { facts, prepared, size, suspected } from '../result-documents/screened-image.ts'

const { classification } = suspected(true)

export const findings = {
  suspected: suspected(true),
  notSuspected: { outcome: 'not-suspected', classification: { ...classification, probability: 0.01 } },
  notAnalysed: { outcome: 'not-analysed', code: 'lateral-view', detail: "view position 'LL'" },
} satisfies Record<string, Finding>

export const idOf = (number: number): string => number.toString(16).padStart(32, '0')

export function makeResult(number: number, finding: Finding, at: string, screeningKey = 'a'): ResultDocument {
  return buildResultDocument(finding, {
    imageId: idOf(number),
    sizeBytes: 1000,
    facts,
    size,
    prepared: finding.outcome === 'not-analysed' ? null : prepared,
    deidentification: null,
    requestedDocuments: [],
    documents: [],
    models: [{ task: 'classification', id: 'test-classifier', version: '1', sha256: 'c'.repeat(64) }],
    screeningKey: screeningKey.repeat(64),
    softwareVersion: '0.1.0',
    analysedAt: new Date(at),
    timingsMs: { total: 12.5, decode: 3 },
  })
}

/** Stores a result as a run does; one that stands already is superseded. */
export async function store(outDir: string, result: ResultDocument, earlier?: ResultDocument): Promise<void> {
  const folder = join(outDir, result.imageId)
  await mkdir(folder, { recursive: true })
  if (earlier) {
    const below = join(folder, 'superseded', earlier.screeningKey)
    await mkdir(below, { recursive: true })
    await writeFile(join(below, 'result.json'), JSON.stringify(earlier))
  }
  await writeFile(join(folder, 'result.json'), JSON.stringify(result))
}
