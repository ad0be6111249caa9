import { transferSyntaxOf } from '../../radiograph/transfer-syntax.ts'
import type { DocumentSource } from '../document-type.ts'
import type { DerivedContext } from './derived-object.ts'

/** What our objects say of their source; null of a picture without a data set, which belongs to no study. */
export function derivedContext(source: DocumentSource): DerivedContext | null {
  const { identity, facts } = source
  if (!identity || !facts) return null
  return {
    imageId: source.imageId,
    identity,
    size: source.size,
    spacing: facts.pixelSpacing,
    lossySource: identity.LossyImageCompression === '01' || isLossy(source),
    models: source.models,
    screeningKey: source.screeningKey,
    operatingPointId: operatingPointIdOf(source),
    softwareVersion: source.softwareVersion,
    analysedAt: source.analysedAt,
    predecessor: source.predecessor,
    hasSegmentation: source.requestedDocuments.includes('segmentation'),
  }
}

/** Of what was decoded: the syntax of anything else need not be one that is known. */
const isLossy = ({ prepared, facts }: DocumentSource): boolean =>
  prepared !== null && facts?.transferSyntaxUid != null && transferSyntaxOf(facts.transferSyntaxUid).lossy

const operatingPointIdOf = ({ finding }: DocumentSource): string =>
  finding.outcome === 'not-analysed' ? 'none' : finding.classification.operatingPoint.id
