import { InvalidArgumentError } from 'commander'
import { tenantId } from '../screening/screening-job/tenant.ts'

export function parseTenant(value: string): string {
  const parsed = tenantId.safeParse(value)
  if (!parsed.success) throw new InvalidArgumentError(`A tenant's identifier ${parsed.error.issues[0].message}.`)
  return parsed.data
}
