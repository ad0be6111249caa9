import { sha256Hex } from '../../lib/screening/kernel/identifiers.ts'
import type { UsageReceipt } from '../../lib/screening/usage/usage-receipt.ts'

/** The receipt of the image that a number stands for. */
export function buildUsageReceipt(number: number, changes: Partial<UsageReceipt> = {}): UsageReceipt {
  return {
    schemaVersion: 1,
    tenant: 'north',
    imageId: sha256Hex(`image ${number}`).slice(0, 32),
    outcome: number % 5 === 0 ? 'suspected' : 'not-suspected',
    lane: 'routine',
    models: [
      { id: 'classifier', sha256: sha256Hex('classifier') },
      { id: 'segmenter', sha256: sha256Hex('segmenter') },
    ],
    screeningKey: sha256Hex('screening'),
    analysedAt: '2026-11-05T08:30:00.000Z',
    timingsMs: { decode: 100 + number, classification: 40, segmentation: number % 5 === 0 ? 200 : 0 },
    cold: number === 0,
    estimatedCostUsd: 0.002,
    ...changes,
  }
}
