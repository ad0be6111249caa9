import type { Finding } from '../finding/finding.ts'
import type { GreyImage } from '../kernel/grey-image.ts'
import type { PixelCodecs } from '../kernel/ports.ts'
import type { ResultContext } from './build-result-document.ts'
import type { Overlay, Typeface } from './overlay/build-overlay.ts'

/** What is known of an image when its documents are built: all that result.json says but how long it took. */
export interface DocumentSource extends Omit<ResultContext, 'timingsMs'> {
  readonly finding: Finding
}

/** Which documents the receiver gets beside result.json. */
export interface DocumentPolicy {
  /** The pictures that point at a region: mask.png and overlay.png. */
  readonly deliverMask: boolean
  readonly deliverClassActivationMap: boolean
}

/** What documents are drawn and encoded with. */
export interface DocumentTools {
  readonly codecs: Pick<PixelCodecs, 'encodeGreyPng'>
  readonly typeface: Typeface
  /** Renders marks over a greyscale picture. @returns 8-bit RGB PNG in the size of the overlay's canvas */
  readonly encodeOverlay: (image: GreyImage, overlay: Overlay) => Promise<Uint8Array>
}

/**
 * A kind of document that stands beside result.json. The same source always gives the same bytes: two workers that
 * race for one image write the same object.
 */
export interface DocumentType<Needs = unknown> {
  /** Name of its object, below the image's prefix. */
  readonly name: string
  readonly mediaType: string
  /** What it is made of; null where the image or the receiver gets none. */
  needs(source: DocumentSource, policy: DocumentPolicy): Needs | null
  build(needs: Needs, tools: DocumentTools): Uint8Array | Promise<Uint8Array>
}

/** A document as it is stored. */
export interface Document {
  readonly name: string
  readonly mediaType: string
  readonly body: Uint8Array
}
