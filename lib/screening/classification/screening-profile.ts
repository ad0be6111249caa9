import * as z from 'zod'
import { describeIssues } from '../kernel/describe-issues.ts'
import { ConfigurationError } from '../kernel/errors.ts'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const bundleReference = { bundle: z.string().min(1), sha256 }

const screeningProfile = z.strictObject({
  schemaVersion: z.literal(1),
  id: z.string().min(1),
  classifier: z.strictObject({ ...bundleReference, operatingPoint: z.string().min(1) }),
  segmenter: z.strictObject(bundleReference),
})

/** Which bundles screen together, each pinned by the digest of its network, and at which operating point. */
export type ScreeningProfile = z.infer<typeof screeningProfile>

/** @throws {ConfigurationError} when the content of profile.json is not valid */
export function parseScreeningProfile(json: unknown, where: string): ScreeningProfile {
  const parsed = screeningProfile.safeParse(json)
  if (!parsed.success) {
    throw new ConfigurationError(
      `${where} is not a valid screening profile: ${describeIssues(parsed.error)}. Restore it.`,
    )
  }
  return parsed.data
}
