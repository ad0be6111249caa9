import type { CodestreamKind } from '../../kernel/ports.ts'
import { transferSyntaxOf } from '../../radiograph/transfer-syntax.ts'
import type { DocumentSource } from '../document-type.ts'
import type { DerivedContext } from './derived-object.ts'

/** What our objects say of their source; null for a PNG or JPEG, which belongs to no study. */
export function derivedContext(source: DocumentSource): DerivedContext | null {
  const { identity, facts } = source
  if (!identity || !facts) return null
  const lossyMethod = lossyMethodOf(source)
  return {
    imageId: source.imageId,
    identity,
    deidentification: source.deidentification,
    size: source.size,
    spacing: facts.pixelSpacing,
    lossySource: identity.LossyImageCompression === '01' || lossyMethod !== null,
    lossyMethod,
    models: source.models,
    screeningKey: source.screeningKey,
    operatingPointId: operatingPointIdOf(source),
    softwareVersion: source.softwareVersion,
    analysedAt: source.analysedAt,
    predecessor: source.predecessor,
    segmentationRequested: source.requestedDocuments.includes('segmentation'),
  }
}

/** @see DICOM PS3.3 C.7.6.1.1.5.1 */
const lossyMethods: Readonly<Partial<Record<CodestreamKind, string>>> = {
  'jpeg-8': 'ISO_10918_1',
  'jpeg-12': 'ISO_10918_1',
  'jpeg-ls': 'ISO_14495_1',
  'jpeg-2000': 'ISO_15444_1',
  htj2k: 'ISO_15444_15',
}

/** Only of an image that was decoded: the transfer syntax of a refused one may be unknown, which would throw. */
function lossyMethodOf({ prepared, facts }: DocumentSource): string | null {
  if (prepared === null || facts?.transferSyntaxUid == null) return null
  const { lossy, kinds } = transferSyntaxOf(facts.transferSyntaxUid)
  return lossy ? (lossyMethods[kinds[0]] ?? null) : null
}

const operatingPointIdOf = ({ finding }: DocumentSource): string =>
  finding.outcome === 'not-analysed' ? 'none' : finding.classification.operatingPoint.id
