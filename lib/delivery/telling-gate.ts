import type { ScreeningMode } from '../screening/kernel/screening-mode.ts'
import type { ResultDocument } from '../screening/result-documents/result-document.ts'
import type { RefusalReason } from './delivery-outcome.ts'

/** What a tenant may be told. */
export interface TellingRules {
  readonly mode: ScreeningMode
  /** Only what names no patient. */
  readonly deidentified: boolean
}

/**
 * Why nothing of a result may be told to a tenant, by any wire; null where it may. It is looked at whenever something is
 * sent: what is stored may be older than the tenant's setting.
 *
 * `says-where`: in triage mode nothing is told of a suspected image that the segmenter has seen: its report, its messages
 * and its event (`discordant`) all tell of a region, or that there is none.
 *
 * `names-patient`: the result was not de-identified, so its documents carry the identity of their source, and its event
 * the digest of the file.
 */
export function refusalOf(
  { outcome, models, segmentation, deidentification }: ResultDocument,
  { mode, deidentified }: TellingRules,
): Extract<RefusalReason, 'says-where' | 'names-patient'> | null {
  const isSegmented = segmentation !== null || models.some(({ task }) => task === 'segmentation')
  if (mode === 'triage' && outcome === 'suspected' && isSegmented) return 'says-where'
  return deidentified && deidentification === null ? 'names-patient' : null
}
