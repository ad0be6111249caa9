import * as z from 'zod'
import { type DocumentKind, documentKinds } from '../kernel/document-kinds.ts'
import { screeningModes } from '../kernel/screening-mode.ts'

export const lanes = ['stat', 'routine'] as const
export type Lane = (typeof lanes)[number]

/** No dots, no slashes: the identifier is a part of object keys, role names and message groups. */
export const tenantId = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/, 'must be 1–32 of a-z, 0-9 and -')

/** What is agreed with one customer. Every field but the identifier has a default. */
export const tenant = z.strictObject({
  id: tenantId,
  /** Identifier of an operating point of the classifier bundle; null: the profile's. */
  operatingPoint: z.string().min(1).nullable().default(null),
  /** Whether mask.png and overlay.png are delivered beside result.json; `false` holds also where `documents` names them. */
  deliverMask: z.boolean().default(true),
  /** What else is delivered. DICOM objects and messages for an EHR carry the patient's identity, as the source does. */
  documents: z.array(z.enum(documentKinds)).default([]),
  /** `triage`: a flag only; no document, picture or event says where. */
  mode: z.enum(screeningModes).default('full'),
  /** Nothing that is not de-identified is delivered. In AWS nothing is, so no target gets anything. */
  deidentified: z.boolean().default(false),
  /** Lanes the tenant may use: uploads under `uploads/<tenant>/stat/` go first when 'stat' is among them. */
  lanes: z.array(z.enum(lanes)).min(1).default(['routine']),
  /** Images that may be admitted in a calendar month (UTC), rejected ones too, each once; null: no limit. */
  monthlyQuotaImages: z.number().int().nonnegative().nullable().default(null),
  /** Admitted images × `estimatedCostUsdPerImage` stop at this sum in a calendar month (UTC); null: no limit. */
  monthlyBudgetUsd: z.number().nonnegative().nullable().default(null),
  estimatedCostUsdPerImage: z.number().positive().default(0.002),
  /** Results are deleted after this many days. */
  retentionDays: z.number().int().min(1).default(365),
})

export type Tenant = z.infer<typeof tenant>

const withIdentity: readonly DocumentKind[] = [
  'segmentation',
  'structured-report',
  'secondary-capture',
  'presentation-state',
  'fhir-bundle',
  'hl7-message',
]

/** Whether any of the tenant's documents carries the patient's identity. */
export const wantsIdentity = ({ documents }: Tenant): boolean => documents.some((kind) => withIdentity.includes(kind))

const masks: readonly DocumentKind[] = ['mask', 'overlay']

export const documentsOfTenant = ({ deliverMask, documents }: Tenant): DocumentKind[] =>
  deliverMask ? [...new Set([...masks, ...documents])] : documents.filter((kind) => !masks.includes(kind))
