import type { Finding } from '../finding/finding.ts'
import type { DocumentKind } from '../kernel/document-kinds.ts'
import type { GreyImage } from '../kernel/grey-image.ts'
import type { PixelCodecs } from '../kernel/ports.ts'
import type { SourceIdentity } from '../radiograph/source-identity.ts'
import type { ResultContext } from './build-result-document.ts'
import type { ColourPicture, Overlay, Typeface } from './overlay/overlay-marks.ts'
import type { Predecessor } from './predecessor.ts'

/** What is known of an image when its documents are built. */
export interface DocumentSource extends Omit<ResultContext, 'timingsMs' | 'documents'> {
  readonly finding: Finding
  /** Patient, study and order, for documents that carry them; null for a PNG or JPEG, which has no data set. */
  readonly identity: SourceIdentity | null
  /** The result that this one replaces; null when it is the first of its image. */
  readonly predecessor: Predecessor | null
}

/** What documents are drawn and encoded with. */
export interface DocumentTools {
  readonly codecs: Pick<PixelCodecs, 'encodeGreyPng'>
  readonly typeface: Typeface
  /** Renders marks over a greyscale picture, in the size of the overlay's canvas. */
  readonly renderOverlay: (image: GreyImage, overlay: Overlay) => Promise<ColourPicture>
  readonly encodeColourPng: (picture: ColourPicture) => Promise<Uint8Array>
}

/**
 * A kind of document that stands beside result.json. The same source always gives the same bytes: two workers that
 * race for one image write the same object.
 */
export interface DocumentType<Needs = unknown> {
  readonly kind: DocumentKind
  /** Name of its object, below the image's prefix. */
  readonly name: string
  readonly mediaType: string
  /** What it is built from; null when the image has no such document. */
  needs(source: DocumentSource): Needs | null
  build(needs: Needs, tools: () => DocumentTools): Uint8Array | Promise<Uint8Array>
}

/** A document as it is stored. */
export interface Document {
  readonly name: string
  readonly mediaType: string
  readonly body: Uint8Array
}
