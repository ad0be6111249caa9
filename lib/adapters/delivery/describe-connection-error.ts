import type { UnavailableReason } from '../../delivery/delivery-outcome.ts'
import { addressNotAllowed } from './address-guard.ts'

/** Why a target could not be spoken to: a code of the operating system or of TLS, never a text. */
export function describeConnectionError(error: unknown): UnavailableReason {
  const { code, name, errors } = error as NodeJS.ErrnoException & { errors?: readonly NodeJS.ErrnoException[] }
  if (name === 'TimeoutError' || code === 'ETIMEDOUT') return 'timeout'
  if (code === addressNotAllowed) return 'address-not-allowed'
  // Of several addresses of one name, the first one's.
  return `connection-${code ?? errors?.[0]?.code ?? name}`
}
