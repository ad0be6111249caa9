import { drawPhantom } from '../phantom/draw-phantom.ts'
import { encodePhantom } from '../phantom/encode-phantom.ts'
import { phantomIdentity } from '../phantom/phantom-elements.ts'
import { phantomFormats } from '../phantom/plan-phantom.ts'
import { encodeRunLength } from '../screening/finding/run-length.ts'
import { describeIssues } from '../screening/kernel/describe-issues.ts'
import { imageIdOf } from '../screening/kernel/identifiers.ts'
import { type Clock, ObjectNotFoundError, type ObjectStore, type PixelCodecs } from '../screening/kernel/ports.ts'
import { type ResultDocument, resultDocument } from '../screening/result-documents/result-document.ts'
import { monthOf, studyKeys, uploadIdOf } from '../screening/screening-job/study-keys.ts'
import type { Lane } from '../screening/screening-job/tenant.ts'
import { type UploadReceipt, uploadReceipt } from '../screening/screening-job/upload-receipt.ts'
import { usageReceipt } from '../screening/usage/usage-receipt.ts'

export interface SmokeCheck {
  readonly check: string
  readonly passed: boolean
  readonly found: string
}

export interface SmokeReport {
  readonly tenant: string
  readonly imageId: string
  readonly uploadKey: string
  /** Null when none came in time. */
  readonly resultKey: string | null
  readonly outcome: ResultDocument['outcome'] | null
  readonly checks: readonly SmokeCheck[]
  /**
   * As seen from here, looking once in `pollMs`: from the end of the upload to the upload receipt, from there to the
   * result, from there to the usage receipt. Null: not reached. Unit: milliseconds.
   */
  readonly waitedMs: { readonly receipt: number | null; readonly result: number | null; readonly usage: number | null }
  /** As the programs measured them. Unit: milliseconds. */
  readonly stagesMs: Readonly<Record<string, number>>
  /** Whether the image was the first of its worker: the waiting then holds a start of the fleet. Null: not known. */
  readonly cold: boolean | null
  /** What to look at when a check failed. */
  readonly advice: readonly string[]
}

export interface SmokeSettings {
  readonly tenant: string
  readonly lane: Lane
  /** A DICOM file. */
  readonly phantom: Uint8Array
  /** Whether the tenant's masks are delivered. */
  readonly expectMask: boolean
  readonly timeoutMs: number
  readonly pollMs: number
}

export interface SmokeParts {
  readonly store: ObjectStore
  /** @returns what its notification may call the version that was put: its version, or where it has none its ETag */
  readonly upload: (key: string, body: Uint8Array) => Promise<readonly string[]>
  readonly codecs: PixelCodecs
  readonly clock: Clock
  readonly sleep: (ms: number) => Promise<void>
  readonly onStage: (stage: string) => void
}

/**
 * The largest collapse that phantoms are drawn with: the likeliest to take the way through both networks.
 * @param seed Another seed draws another image. Range: 0 … 2⁵³ − 1
 */
export async function drawSmokePhantom(seed: number): Promise<Uint8Array> {
  const phantom = drawPhantom({
    seed,
    rows: 1024,
    columns: 1024,
    view: 'PA',
    sex: 'M',
    devices: false,
    pneumothorax: { kind: 'tension', side: 'right', extent: 'large' },
  })
  return encodePhantom(phantom, phantomFormats[0], phantomIdentity(seed, 'smoke'))
}

/** Sends a phantom the way of a tenant's upload and holds everything that comes of it against the contracts. */
export async function runSmokeTest(settings: SmokeSettings, parts: SmokeParts): Promise<SmokeReport> {
  return new SmokeTest(settings, parts).run()
}

class SmokeTest {
  readonly #settings: SmokeSettings
  readonly #parts: SmokeParts
  readonly #checks: SmokeCheck[] = []
  readonly #advice: string[] = []
  readonly #waitedMs: { receipt: number | null; result: number | null; usage: number | null } = {
    receipt: null,
    result: null,
    usage: null,
  }
  #deadline = 0
  #resultKey: string | null = null
  #result: ResultDocument | null = null
  #cold: boolean | null = null

  constructor(settings: SmokeSettings, parts: SmokeParts) {
    this.#settings = settings
    this.#parts = parts
  }

  async run(): Promise<SmokeReport> {
    const { tenant, lane, phantom, timeoutMs } = this.#settings
    const { clock, onStage } = this.#parts
    const imageId = imageIdOf(phantom)
    const uploadKey = `uploads/${tenant}/${lane === 'stat' ? 'stat/' : ''}smoke/${imageId}.dcm`
    onStage('uploading')
    const versions = await this.#parts.upload(uploadKey, phantom)
    this.#deadline = clock.monotonic() + timeoutMs
    await this.#follow(
      imageId,
      versions.map((version) => uploadIdOf(uploadKey, version)),
    )
    return {
      tenant,
      imageId,
      uploadKey,
      resultKey: this.#resultKey,
      outcome: this.#result?.outcome ?? null,
      checks: this.#checks,
      waitedMs: this.#waitedMs,
      stagesMs: this.#result?.timingsMs ?? {},
      cold: this.#cold,
      advice: this.#advice,
    }
  }

  async #follow(imageId: string, uploadIds: readonly string[]): Promise<void> {
    const receipt = await this.#awaitReceipt(imageId, uploadIds)
    if (!receipt) return
    const result = await this.#awaitResult(imageId, receipt)
    if (!result) return
    this.#check('the image was analysed', result.outcome !== 'not-analysed', describeOutcome(result))
    if (result.outcome === 'not-analysed') {
      this.#advice.push(result.reason?.remedy ?? 'The result document says why.')
      return
    }
    if (result.outcome === 'suspected' && this.#settings.expectMask) await this.#checkMask(result)
    await this.#awaitUsage(result)
  }

  async #awaitReceipt(imageId: string, uploadIds: readonly string[]): Promise<UploadReceipt | null> {
    const keys = uploadIds.map((id) => studyKeys.uploadReceipt(this.#settings.tenant, id))
    const [key, ms] = await this.#await('waiting for the upload receipt', async () => {
      for (const key of keys) if (await this.#parts.store.exists(key)) return key
      return null
    })
    this.#check('upload receipt', key !== null, key ?? `none at ${keys.join(' or ')}`)
    if (key === null) {
      this.#advice.push(
        'Preprocessing did not answer. Look at the log group of the preprocessing function, at its queue of uploads and the dead letters of that queue (docs/runbooks/dead-letters.md).',
        `Is tenant '${this.#settings.tenant}' deployed? An upload of an unknown tenant ends as a dead letter.`,
      )
      return null
    }
    this.#waitedMs.receipt = ms
    const parsed = uploadReceipt.safeParse(parseJson(await this.#parts.store.get(key)))
    const right = parsed.success && parsed.data.imageId === imageId && key.endsWith(`/${parsed.data.uploadId}.json`)
    this.#check(
      'it names the image by its content',
      right,
      parsed.success ? parsed.data.imageId : describeIssues(parsed.error),
    )
    return right ? parsed.data : null
  }

  async #awaitResult(imageId: string, receipt: UploadReceipt): Promise<ResultDocument | null> {
    const [key, ms] = await this.#await('waiting for the result', () => this.#findResult(receipt.results))
    this.#check('result.json', key !== null, key ?? `none below ${receipt.results}`)
    if (key === null) {
      await this.#adviseOnMissingResult(imageId)
      return null
    }
    this.#check('it is the one that the receipt names', key === receipt.resultKey, receipt.resultKey)
    this.#resultKey = key
    this.#waitedMs.result = ms
    const parsed = resultDocument.safeParse(parseJson(await this.#parts.store.get(key)))
    this.#check(
      'it keeps to its schema',
      parsed.success,
      parsed.success ? 'schema version 1' : describeIssues(parsed.error),
    )
    if (!parsed.success) return null
    this.#result = parsed.data
    this.#check('it is of this image', parsed.data.imageId === imageId, parsed.data.imageId)
    const { tenant } = this.#settings
    const own = `${studyKeys.resultPrefix(tenant, imageId, parsed.data.screeningKey)}result.json`
    this.#check('it lies under its own key', own === key, own === key ? own : `it belongs at ${own}`)
    return parsed.data
  }

  async #adviseOnMissingResult(imageId: string): Promise<void> {
    const failureKey = studyKeys.failure(this.#settings.tenant, imageId)
    const failure = await this.#read(failureKey)
    if (failure) {
      this.#advice.push(
        `The worker failed with this image: ${failureKey} says why. See 'pleura dead-letters list' and docs/runbooks/screening-failures.md.`,
      )
      return
    }
    this.#advice.push(
      'No worker took the job, or it is still starting: a cold GPU takes minutes. Look at the Batch job queue: jobs that stay RUNNABLE lack capacity or quota (pleura deploy-check); jobs that end at once tell why in their log. docs/runbooks/old-jobs.md',
      'No job at all: look at the log group of the dispatching function. docs/runbooks/dispatch-errors.md',
    )
  }

  async #checkMask(result: ResultDocument): Promise<void> {
    const key = `${this.#resultKey?.slice(0, -'result.json'.length)}mask.png`
    const bytes = await this.#read(key)
    this.#check('mask.png of a suspected image', bytes !== null, bytes ? key : `none at ${key}`)
    if (!bytes || !result.source || !result.segmentation) return
    const mask = await this.#parts.codecs.decodeRaster(bytes).catch(() => null)
    const { rows, columns } = result.source
    const fits = mask?.rows === rows && mask.columns === columns
    const found = mask ? `${mask.rows} × ${mask.columns}, source ${rows} × ${columns}` : 'no picture'
    this.#check('the mask has the geometry of the source', fits, found)
    if (!mask || !fits) return
    const pixels = Uint8Array.from(mask.values, (value) => Number(value > 0))
    this.#check(
      "its pixels are the result's run-length code",
      encodeRunLength(pixels, mask) === result.segmentation.runLength,
      `${pixels.reduce((sum, pixel) => sum + pixel, 0)} pixels, ${result.segmentation.maskAreaPixels} in the result`,
    )
  }

  async #awaitUsage(result: ResultDocument): Promise<void> {
    const { tenant } = this.#settings
    const month = monthOf(Date.parse(result.analysedAt))
    const key = studyKeys.usageReceipt(tenant, month, result.imageId, result.screeningKey)
    const [bytes, ms] = await this.#await('waiting for the usage receipt', () => this.#read(key))
    this.#waitedMs.usage = ms
    const parsed = usageReceipt.safeParse(bytes && parseJson(bytes))
    const right = parsed.success && parsed.data.imageId === result.imageId && parsed.data.outcome === result.outcome
    this.#check('usage receipt', right, parsed.success ? key : bytes ? describeIssues(parsed.error) : `none at ${key}`)
    if (parsed.success) this.#cold = parsed.data.cold
    if (!right) this.#advice.push('Is the worker of this version, and may it write below usage/? Its log says more.')
  }

  /** Looks every `pollMs` until something is found or the time is up. */
  async #await<T>(stage: string, look: () => Promise<T | null>): Promise<[T | null, number | null]> {
    const { clock, sleep, onStage } = this.#parts
    onStage(stage)
    const started = clock.monotonic()
    for (;;) {
      const found = await look()
      const now = clock.monotonic()
      if (found !== null) return [found, now - started]
      if (now >= this.#deadline) return [null, null]
      await sleep(Math.min(this.#settings.pollMs, this.#deadline - now))
    }
  }

  async #findResult(prefix: string): Promise<string | null> {
    for await (const key of this.#parts.store.list(prefix)) if (key.endsWith('/result.json')) return key
    return null
  }

  async #read(key: string): Promise<Uint8Array | null> {
    try {
      return await this.#parts.store.get(key)
    } catch (error) {
      if (error instanceof ObjectNotFoundError) return null
      throw error
    }
  }

  #check(check: string, passed: boolean, found: string): void {
    this.#checks.push({ check, passed, found })
  }
}

const describeOutcome = ({ outcome, reason, discordant }: ResultDocument): string =>
  reason ? `${outcome}: ${reason.code}` : discordant ? `${outcome}, discordant` : outcome

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
}
