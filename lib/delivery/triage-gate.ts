import type { ScreeningMode } from '../screening/kernel/screening-mode.ts'
import type { ResultDocument } from '../screening/result-documents/result-document.ts'

/**
 * Whether a result may be told to a tenant of this mode, looked at whenever something is sent: what is stored may be
 * older than the tenant's setting. In triage mode nothing is told of a suspected image that the segmenter has seen, by
 * no wire: its report, its messages and its event (`discordant`) all tell of a region, or that there is none.
 */
export const mayBeTold = ({ outcome, models, segmentation }: ResultDocument, mode: ScreeningMode): boolean =>
  mode === 'full' ||
  outcome !== 'suspected' ||
  (segmentation === null && models.every(({ task }) => task !== 'segmentation'))
