import type { DeliveryMessage } from '../../lib/delivery/delivery-message.ts'

/** A delivery as it is when it is queued, with a key of this digit alone. */
export const waitingMessage = (digit: string): DeliveryMessage => ({
  schemaVersion: 1,
  key: digit.repeat(32),
  imageId: '1'.repeat(32),
  screeningKey: '2'.repeat(64),
  outcome: 'suspected',
  queuedAt: '2026-01-01T00:00:00.000Z',
  attempts: 0,
  heldAgainst: 0,
  lastFailure: null,
  notBefore: null,
})
