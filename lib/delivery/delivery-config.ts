import * as z from 'zod'
import type { DocumentKind } from '../screening/kernel/document-kinds.ts'
import { screeningModes } from '../screening/kernel/screening-mode.ts'
import { tenantId } from '../screening/screening-job/tenant.ts'

/** Names the target's queue, on disk and in the cloud: no dots, no slashes. */
export const targetName = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/, 'must be 1–32 of a-z, 0-9 and -')

const httpUrl = z.url({ protocol: /^https?$/, message: 'must be a URL with http or https' }).refine((url) => {
  const { username, password, hash } = new URL(url)
  return username === '' && password === '' && hash === ''
}, 'must hold no user, password or fragment; credentials belong into a file')

/** What every target may say. */
export const everyTarget = {
  name: targetName,
  /** Results analysed before this moment are not sent: a new target need not get all that there ever was. */
  since: z.iso.datetime().nullable().default(null),
  /** The target lies in a private network or on this machine: such addresses are refused otherwise. */
  allowPrivateAddress: z.boolean().default(false),
  /** What one delivery may take, from the connection to the end of the answer. */
  timeoutSeconds: z.number().int().min(1).max(600).default(30),
  /** A delivery that could not be made for so long becomes a dead letter. */
  giveUpAfterDays: z.number().int().min(1).max(365).default(14),
}

export const webhookTarget = z.strictObject({
  ...everyTarget,
  kind: z.literal('webhook'),
  url: httpUrl,
  /** Holds the signing secret: `whsec_` and 24 to 64 bytes in base64. Relative to the configuration. */
  secretFile: z.string().min(1),
})

/** Holds what the header Authorization is to say, `Bearer …` for instance. Relative to the configuration. */
const authorizationFile = z.string().min(1).nullable().default(null)

export const fhirTarget = z.strictObject({
  ...everyTarget,
  kind: z.literal('fhir'),
  /** The server's base address: the transaction is posted to it. */
  url: httpUrl,
  authorizationFile,
})

/** Kinds of DICOM objects that a receiver may take. */
export const objectKinds = [
  'structured-report',
  'segmentation',
  'secondary-capture',
  'presentation-state',
] as const satisfies readonly DocumentKind[]

/** Which objects the receiver is sent: not every PACS takes all classes. */
const objects = z
  .array(z.enum(objectKinds))
  .min(1)
  .default([...objectKinds])

export const stowTarget = z.strictObject({
  ...everyTarget,
  kind: z.literal('stow'),
  /** The base address of the DICOMweb service: objects are posted to `<url>/studies`. */
  url: httpUrl,
  authorizationFile,
  objects,
})

const host = z.string().regex(/^[0-9a-zA-Z._:-]{1,253}$/, 'must be a name or an address')
const port = z.number().int().min(1).max(65_535)

const pemFile = z.string().min(1).nullable().default(null)

/** Of a target's TLS, in PEM form. Relative to the configuration. */
const tlsFiles = {
  /** The authority that the target's certificate is of; with it no other is trusted. */
  tlsAuthorityFile: pemFile,
  /** Our own certificate, for targets that ask for one, and its key. */
  tlsCertificateFile: pemFile,
  tlsKeyFile: pemFile,
}
/** Picks them, for `omit`. */
export const tlsFileNames = { tlsAuthorityFile: true, tlsCertificateFile: true, tlsKeyFile: true } as const

export const mllpTarget = z.strictObject({
  ...everyTarget,
  kind: z.literal('mllp'),
  host,
  port,
  tls: z.boolean().default(false),
  ...tlsFiles,
  /** MSH-5 and MSH-6 of what is sent. */
  receivingApplication: z.string().max(180).default(''),
  receivingFacility: z.string().max(180).default(''),
})

/** @see DICOM PS3.5 6.2, AE */
const aeTitle = z
  .string()
  .regex(/^(?! )[\x20-\x5b\x5d-\x7e]{1,16}(?<! )$/, 'must be 1–16 characters of ASCII, no backslash')

export const cStoreTarget = z.strictObject({
  ...everyTarget,
  kind: z.literal('c-store'),
  host,
  port,
  tls: z.boolean().default(false),
  ...tlsFiles,
  calledAeTitle: aeTitle,
  callingAeTitle: aeTitle.default('PLEURA'),
  objects,
})

/** Where a tenant's results go. Every field but name, kind and address has a default. */
export const deliveryTarget = z.discriminatedUnion('kind', [
  webhookTarget,
  fhirTarget,
  stowTarget,
  mllpTarget,
  cStoreTarget,
])

/** The results of one output folder belong to one tenant. */
export const deliveryConfig = z.strictObject({
  tenant: tenantId,
  /** `triage`: nothing that was made by the segmenter leaves the house, also what is stored from before. */
  mode: z.enum(screeningModes).default('full'),
  /** Only what was screened with `--deidentify` leaves the house, also of what is stored from before. */
  deidentified: z.boolean().default(false),
  targets: z
    .array(deliveryTarget)
    .min(1)
    .refine(
      (targets) => new Set(targets.map(({ name }) => name)).size === targets.length,
      'two targets have the same name',
    ),
})

export type DeliveryConfig = z.infer<typeof deliveryConfig>
export type DeliveryTarget = z.infer<typeof deliveryTarget>
export type TargetOfKind<Kind extends DeliveryTarget['kind']> = Extract<DeliveryTarget, { kind: Kind }>

type FileName = 'secretFile' | 'authorizationFile' | keyof typeof tlsFileNames
type WithoutFiles<Target> = Target extends unknown ? Omit<Target, FileName> : never

/** A target as its sender knows it, wherever its credentials are kept. */
export type SenderTarget = WithoutFiles<DeliveryTarget>
export type SenderTargetOfKind<Kind extends SenderTarget['kind']> = Extract<SenderTarget, { kind: Kind }>
