import { type RejectionCode, rejectionReasons } from '../../lib/screening/kernel/errors.ts'
import { sha256Hex } from '../../lib/screening/kernel/identifiers.ts'
import { notice, type ResultDocument, resultDocument } from '../../lib/screening/result-documents/result-document.ts'

/** What preprocessing writes of an image it rejects. */
export const buildRejectedResult = (imageId: string, code: RejectionCode): ResultDocument =>
  resultDocument.parse({
    schemaVersion: 1,
    imageId,
    outcome: 'not-analysed',
    reason: { code, detail: 'found by a test', remedy: rejectionReasons[code] },
    discordant: false,
    classification: null,
    segmentation: null,
    source: null,
    preparation: null,
    warnings: [],
    screeningKey: sha256Hex('rejected'),
    models: [],
    software: { name: 'pleura', version: '0.1.0' },
    analysedAt: '2026-11-05T08:30:00.000Z',
    timingsMs: {},
    notice,
  })
