import * as z from 'zod'

/** With a public key alone: nobody who can check a token can make one. */
export const tokenAlgorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'EdDSA',
] as const

const claim = z.string().min(1)

/** The environment variables of the console's Lambda. Infrastructure writes it with `satisfies ConsoleEnvironment`. */
export const consoleEnvironment = z.object({
  STUDY_BUCKET: z.string().min(1),
  /** Path below which each tenant's settings lie as one JSON parameter: `<path>/<tenant>`. */
  TENANTS_PARAMETER_PATH: z.string().startsWith('/'),
  /** Larger uploads are refused before they are granted. Unit: bytes. */
  MAXIMUM_UPLOAD_BYTES: z.string().regex(/^[1-9]\d*$/),
  /** How old a result may be that the worklist shows. Unit: days. */
  WORKLIST_DAYS: z.string().regex(/^[1-9]\d*$/),
  /** `iss` of the tokens that are taken. */
  OIDC_ISSUER: z.url(),
  /** Where the issuer's public keys are. */
  OIDC_JWKS_URI: z.url(),
  /** `aud` of the tokens that are taken. */
  OIDC_AUDIENCE: z.string().min(1),
  /** Separated by commas. */
  OIDC_ALGORITHMS: z
    .string()
    .default('RS256')
    .transform((names) => names.split(','))
    .pipe(z.array(z.enum(tokenAlgorithms)).min(1)),
  /** The claim that names the tenant. Users must not be able to write it. */
  OIDC_TENANT_CLAIM: claim,
  /** The claim that holds the roles. Users must not be able to write it. */
  OIDC_ROLES_CLAIM: claim,
  /** The claim by which a review names its reader. Users must not be able to write it. */
  OIDC_NAME_CLAIM: claim,
})

export type ConsoleEnvironment = z.input<typeof consoleEnvironment>
