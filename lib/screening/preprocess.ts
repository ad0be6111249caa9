import type { Clock, PixelCodecs } from './kernel/ports.ts'
import type { WarningCode } from './kernel/warnings.ts'
import { looksUpright } from './prepared-image/looks-upright.ts'
import { prepareImage } from './prepared-image/prepare-image.ts'
import type { PreparedImage } from './prepared-image/prepared-image.ts'
import { turnOf } from './prepared-image/upright.ts'
import { decodeRadiograph } from './radiograph/decode-radiograph.ts'
import type { AcquisitionFacts } from './radiograph/radiograph.ts'
import type { SourceIdentity } from './radiograph/source-identity.ts'
import type { SuitabilityPolicy } from './radiograph/suitability.ts'

/** Unit: milliseconds. */
export interface PreprocessTimings {
  readonly decode: number
  readonly prepare: number
}

export interface Preprocessed {
  readonly facts: AcquisitionFacts
  /** Null for a PNG or JPEG, which has no data set. */
  readonly identity: SourceIdentity | null
  readonly prepared: PreparedImage
  readonly timingsMs: PreprocessTimings
}

/**
 * The first half of the pipeline: an uploaded file in, a prepared image out.
 * @param options.fullResolution Keep the source's rows × columns instead of at most 1024 a side.
 * @throws {StudyRejectedError} when the file cannot or may not be analysed, with the code that says why
 */
export async function preprocess(
  source: Uint8Array,
  codecs: PixelCodecs,
  policy: SuitabilityPolicy,
  clock: Clock,
  options: { fullResolution?: boolean } = {},
): Promise<Preprocessed> {
  const started = clock.monotonic()
  const radiograph = await decodeRadiograph(source, codecs, policy)
  const decoded = clock.monotonic()
  const prepared = withChestWarning(prepareImage(radiograph, options), radiograph.facts)
  return {
    facts: radiograph.facts,
    identity: radiograph.identity,
    prepared,
    timingsMs: { decode: decoded - started, prepare: clock.monotonic() - decoded },
  }
}

function withChestWarning(prepared: PreparedImage, { patientOrientation }: AcquisitionFacts): PreparedImage {
  if (looksUpright(prepared, turnOf(patientOrientation))) return prepared
  return { ...prepared, warnings: [...prepared.warnings, 'chest-doubtful' satisfies WarningCode] }
}
