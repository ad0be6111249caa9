import { transferSyntaxOf } from '../../radiograph/transfer-syntax.ts'
import type { DocumentSource } from '../document-type.ts'
import type { DerivedContext } from './derived-object.ts'

/** What our objects say of their source; null for a PNG or JPEG, which belongs to no study. */
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
    segmentationRequested: source.requestedDocuments.includes('segmentation'),
  }
}

/** Only of an image that was decoded: the transfer syntax of a refused one may be unknown, which would throw. */
const isLossy = ({ prepared, facts }: DocumentSource): boolean =>
  prepared !== null && facts?.transferSyntaxUid != null && transferSyntaxOf(facts.transferSyntaxUid).lossy

const operatingPointIdOf = ({ finding }: DocumentSource): string =>
  finding.outcome === 'not-analysed' ? 'none' : finding.classification.operatingPoint.id
