import { createCodecs } from '../../lib/adapters/codecs/create-codecs.ts'
import { createDocumentTools } from '../../lib/adapters/codecs/create-document-tools.ts'
import { measureMask } from '../../lib/screening/finding/measure-mask.ts'
import { type DocumentKind, documentKinds } from '../../lib/screening/kernel/document-kinds.ts'
import { noTurn } from '../../lib/screening/prepared-image/upright.ts'
import type { Preprocessed } from '../../lib/screening/preprocess.ts'
import { buildDocuments } from '../../lib/screening/result-documents/build-documents.ts'
import type { DocumentSource } from '../../lib/screening/result-documents/document-type.ts'
import { projectMask } from '../../lib/screening/segmentation/segment.ts'
import { median, ms } from './measure.ts'

const repeats = 9
const mapSide = 256

/** Each kind of document of a suspected image, and all of them; the first one and the median of the later ones. */
export async function benchDocuments(study: Preprocessed): Promise<string[][]> {
  const codecs = createCodecs()
  const tools = createDocumentTools(codecs)
  const measure = async (kinds: readonly DocumentKind[]) => {
    const times: number[] = []
    let bytes = 0
    for (let index = 0; index < repeats; index++) {
      // A finding of its own each time: pictures and outlines are drawn once a finding.
      const source = suspectedSource(study, kinds)
      const started = performance.now()
      const documents = await buildDocuments(source, () => tools)
      times.push(performance.now() - started)
      bytes = documents.reduce((sum, { body }) => sum + body.length, 0)
    }
    return `${ms(times[0])}, then ${ms(median(times.slice(1)))}, ${(bytes / 1e6).toFixed(2)} MB`
  }
  const rows: string[][] = []
  for (const kind of documentKinds) rows.push([kind, await measure([kind])])
  rows.push(['all', await measure(documentKinds)])
  await codecs.close()
  return rows
}

function suspectedSource({ prepared, facts, identity }: Preprocessed, kinds: readonly DocumentKind[]): DocumentSource {
  const probabilities = new Float32Array(mapSide * mapSide)
  for (let pixel = 0; pixel < probabilities.length; pixel++) {
    const [y, x] = [Math.floor(pixel / mapSide) / mapSide - 0.3, (pixel % mapSide) / mapSide - 0.25]
    probabilities[pixel] = (x / 0.08) ** 2 + (y / 0.2) ** 2 < 1 ? 0.9 : 0
  }
  const probabilityMap = { rows: mapSide, columns: mapSide, probabilities, maskThreshold: 0.5 }
  const mask = projectMask(probabilityMap, prepared.source, noTurn)
  return {
    finding: {
      outcome: 'suspected',
      discordant: false,
      classification: {
        probability: 0.8,
        operatingPoint: {
          id: 'bench',
          threshold: 0.5,
          modelSha256: '',
          sensitivity: 1,
          specificity: 1,
          measuredOn: '',
        },
        positive: true,
        classActivationMap: { rows: 16, columns: 16, values: new Float32Array(256).fill(1) },
      },
      delineation: { probabilityMap, mask, ...measureMask(mask, prepared.source, noTurn, facts.pixelSpacing) },
    },
    imageId: '0'.repeat(32),
    sizeBytes: 0,
    facts,
    identity,
    size: prepared.source,
    prepared,
    deidentification: null,
    predecessor: null,
    models: [
      { task: 'classification', id: 'bench', version: '1', sha256: '' },
      { task: 'segmentation', id: 'bench', version: '1', sha256: '' },
    ],
    requestedDocuments: kinds,
    screeningKey: '0'.repeat(64),
    softwareVersion: '0',
    analysedAt: new Date(0),
  }
}
