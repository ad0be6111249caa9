import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AuditTrail } from '../../../functions/console/audit-trail.ts'
import { createConsole } from '../../../functions/console/create-console.ts'
import { createIssuerKeys } from '../../../functions/console/issuer-keys.ts'
import { openTenantConsole } from '../../../functions/console/tenant-console.ts'
import { TokenVerifier } from '../../../functions/console/token-verifier.ts'
import { createOperationalLog } from '../../../lib/adapters/aws/operational-log.ts'
import { createCodecs } from '../../../lib/adapters/codecs/create-codecs.ts'
import { packageRoot } from '../../../lib/embedded/package-root.ts'
import { imageIdOf } from '../../../lib/screening/kernel/identifiers.ts'
import { ObjectNotFoundError } from '../../../lib/screening/kernel/ports.ts'
import { defaultSuitabilityPolicy } from '../../../lib/screening/radiograph/suitability.ts'
import { type ResultDocument, resultDocument } from '../../../lib/screening/result-documents/result-document.ts'
import { studyKeys, uploadIdOf } from '../../../lib/screening/screening-job/study-keys.ts'
import { tenant } from '../../../lib/screening/screening-job/tenant.ts'
import type { UploadReceipt } from '../../../lib/screening/screening-job/upload-receipt.ts'
import { drawPicture } from '../screen/draw-picture.ts'
import { MemoryBucket } from './memory-bucket.ts'
import { MemoryMultiparts } from './memory-multiparts.ts'
import { audience, claimNames, type Issuer } from './open-issuer.ts'

const examples = join(packageRoot, 'docs/reference/examples')
export const exampleOf = (outcome: ResultDocument['outcome']): ResultDocument =>
  resultDocument.parse(JSON.parse(readFileSync(join(examples, outcome, 'result.json'), 'utf8')))

export const dayMs = 86_400_000
const codecs = createCodecs()

export interface StoredImage {
  readonly imageId: string
  readonly screeningKey: string
  /** The key that its sender gave it. */
  readonly upload: string
}

/** The console's Lambda over a bucket in memory, whose tokens are of `issuer`. */
export function openConsole(
  issuer: Issuer,
  tenants: readonly string[] = ['north', 'north2', 'south'],
  bucketAddress = 'https://bucket.example',
) {
  const clock = { nowMs: Date.UTC(2026, 10, 20, 12), now: () => clock.nowMs, monotonic: () => clock.nowMs }
  const bucket = new MemoryBucket(clock)
  const multiparts = new MemoryMultiparts(bucket)
  const lines: string[] = []
  const telemetry = createOperationalLog('console', (line) => lines.push(line))
  const get = (key: string) =>
    bucket.get(key).catch((error) => {
      if (error instanceof ObjectNotFoundError) return null
      throw error
    })
  const open = () =>
    createConsole({
      verifier: new TokenVerifier(createIssuerKeys(issuer.jwksUri), {
        issuer: issuer.url,
        audience,
        algorithms: ['RS256'],
        claims: claimNames,
      }),
      tenantOf: async (id) => (tenants.includes(id) ? tenant.parse({ id }) : undefined),
      consoleOf: (id) =>
        openTenantConsole(id, {
          store: bucket,
          multiparts,
          readUpload: get,
          signGet: async (key, seconds) => `${bucketAddress}/${key}?get=${seconds}`,
          signPut: async (key, sizeBytes) => `${bucketAddress}/${key}?put=${sizeBytes}`,
          versionsOf: async (key) => ((await bucket.exists(key)) ? ['v0', 'v1'] : []),
          codecs,
          clock,
          policy: defaultSuitabilityPolicy,
          maximumUploadBytes: 64 * 2 ** 20,
          worklistMs: 14 * dayMs,
          limitsOf: async (id) => tenant.parse({ id, monthlyQuotaImages: 100, monthlyBudgetUsd: 1 }),
          onFailure: (error) => telemetry.log('error', 'console-failed', { message: String(error) }),
        }),
      audit: new AuditTrail(bucket, clock),
      telemetry,
    })
  const put = (key: string, value: unknown) => bucket.put(key, new TextEncoder().encode(JSON.stringify(value)))
  return {
    bucket,
    multiparts,
    clock,
    lines,
    put,
    app: open(),
    /** Another instance of the function, over the same bucket. */
    open,
    /** What preprocessing and worker leave of an image that was sent. */
    async screen(
      tenantId: string,
      seed: number,
      {
        outcome = 'suspected',
        key,
        changes = {},
      }: {
        outcome?: ResultDocument['outcome']
        key?: string
        changes?: Partial<ResultDocument>
      } = {},
    ): Promise<StoredImage> {
      const picture = new Uint8Array(await drawPicture(seed, outcome === 'suspected'))
      const imageId = imageIdOf(picture)
      const upload = key ?? `uploads/${tenantId}/clinic/DOE^JANE-${seed}.png`
      await bucket.put(upload, picture)
      const analysedAt = new Date(clock.now()).toISOString()
      const result = { ...exampleOf(outcome), analysedAt, ...changes, imageId }
      const resultKey = `${studyKeys.resultPrefix(tenantId, imageId, result.screeningKey)}result.json`
      const uploadId = uploadIdOf(upload, 'v1')
      const receipt: UploadReceipt = {
        schemaVersion: 1,
        uploadId,
        tenant: tenantId,
        key: upload,
        imageId,
        outcome: 'queued',
        duplicate: false,
        lane: 'routine',
        results: studyKeys.resultsOfImage(tenantId, imageId),
        resultKey,
        receivedAt: analysedAt,
      }
      await put(studyKeys.uploadReceipt(tenantId, uploadId), receipt)
      if (result.segmentation) await bucket.put(resultKey.replace('result.json', 'mask.png'), new Uint8Array([1]))
      await put(resultKey, result)
      return { imageId, screeningKey: result.screeningKey, upload }
    },
  }
}

export type OpenedConsole = ReturnType<typeof openConsole>
