import { describeIssues } from '../kernel/describe-issues.ts'
import { ObjectNotFoundError, type ObjectStore } from '../kernel/ports.ts'
import { resultDocument } from '../result-documents/result-document.ts'
import { monthOf, studyKeys } from '../screening-job/study-keys.ts'
import { readAhead } from './read-ahead.ts'
import { type UsageReceipt, usageReceipt } from './usage-receipt.ts'

/** Everything stored of one image's usage in one month. */
export interface ImageUsage {
  readonly imageId: string
  readonly admitted: boolean
  /** One for each combination of bundles and thresholds that analysed it. */
  readonly receipts: readonly UsageReceipt[]
  readonly damaged: readonly DamagedUsage[]
  /**
   * Why an admitted image has no receipt: 'rejected: <code>', 'billed in <month>', 'failed' (by the system), 'result
   * without receipt' (the worker has yet to come back to it), 'damaged receipt', 'damaged result', 'not finished'; null
   * when it has one.
   */
  readonly unbilledReason: string | null
}

/** A receipt that cannot be read, or an object that no program of ours wrote under this key. */
export interface DamagedUsage {
  readonly key: string
  readonly problem: string
}

export function isDamaged(usage: object): usage is DamagedUsage {
  return 'problem' in usage
}

/** How many images are read at a time. */
const readsAtOnce = 32

interface ListedImage {
  readonly imageId: string
  readonly admitted: boolean
  readonly receiptKeys: readonly string[]
}

/**
 * The usage of one tenant in one month, in the order of the images' identifiers. Nothing is kept: a month of any size
 * is read in bounded memory.
 */
export function readUsage(store: ObjectStore, tenant: string, month: string): AsyncIterable<ImageUsage | DamagedUsage> {
  return readAhead(listImages(store, tenant, month), readsAtOnce, async (listed) =>
    isDamaged(listed) ? listed : readImage(store, tenant, month, listed),
  )
}

/**
 * Joins admissions and receipts by image in one pass (a merge join): both are listed in byte order, and the names of
 * both begin with the image's identifier.
 */
async function* listImages(
  store: ObjectStore,
  tenant: string,
  month: string,
): AsyncIterable<ListedImage | DamagedUsage> {
  const damaged: DamagedUsage[] = []
  const admissions = imagesBelow(store, studyKeys.admissions(tenant, month), /^([0-9a-f]{32})$/, damaged)
  const receipts = imagesBelow(store, studyKeys.usageReceipts(tenant, month), receiptName, damaged)
  let admission = await admissions.next()
  let receipt = await receipts.next()
  while (admission.value !== undefined || receipt.value !== undefined) {
    const imageId = smaller(admission.value?.imageId, receipt.value?.imageId)
    const receiptKeys: string[] = []
    for (; receipt.value?.imageId === imageId; receipt = await receipts.next()) receiptKeys.push(receipt.value.key)
    const admitted = admission.value?.imageId === imageId
    if (admitted) admission = await admissions.next()
    yield { imageId, admitted, receiptKeys }
    yield* damaged.splice(0)
  }
  yield* damaged
}

const receiptName = /^([0-9a-f]{32})-[0-9a-f]{16}\.json$/

const smaller = (a: string | undefined, b: string | undefined): string =>
  a === undefined || (b !== undefined && b < a) ? b! : a

/** The keys of images below a prefix; other keys are set aside as damaged. */
async function* imagesBelow(
  store: ObjectStore,
  prefix: string,
  name: RegExp,
  damaged: DamagedUsage[],
): AsyncGenerator<{ key: string; imageId: string }, undefined> {
  for await (const key of store.list(prefix)) {
    const imageId = key.slice(prefix.length).match(name)?.[1]
    if (imageId !== undefined) yield { key, imageId }
    else damaged.push({ key, problem: 'not a key of a receipt or an admission' })
  }
}

async function readImage(store: ObjectStore, tenant: string, month: string, listed: ListedImage): Promise<ImageUsage> {
  const { imageId, admitted, receiptKeys } = listed
  const receipts: UsageReceipt[] = []
  const damaged: DamagedUsage[] = []
  for (const key of receiptKeys) {
    const bytes = await getIfThere(store, key)
    if (bytes === null) continue
    const read = parseReceipt(bytes, key, tenant, month)
    if (isDamaged(read)) damaged.push(read)
    else receipts.push(read)
  }
  const unbilledReason =
    receipts.length > 0
      ? null
      : damaged.length > 0
        ? 'damaged receipt'
        : await explainUnbilled(store, tenant, month, imageId)
  return { imageId, admitted, receipts, damaged, unbilledReason }
}

/** A receipt counts only under the key made of its own content: a copy elsewhere would bill the image twice. */
export function parseReceipt(
  bytes: Uint8Array,
  key: string,
  tenant: string,
  month: string,
): UsageReceipt | DamagedUsage {
  const parsed = usageReceipt.safeParse(parseJson(bytes))
  if (!parsed.success) {
    return { key, problem: describeIssues(parsed.error) }
  }
  const receipt = parsed.data
  if (receipt.tenant !== tenant) return { key, problem: `it belongs to tenant '${receipt.tenant}'` }
  const own = studyKeys.usageReceipt(tenant, month, receipt.imageId, receipt.screeningKey)
  return own === key ? receipt : { key, problem: 'its key belongs to another image or screening' }
}

/**
 * Why an image has no receipt in the month that admitted it, by its other objects. The first that holds: a receipt of a
 * month beside (it came at the turn of a month); what its results say; a failure that was written down; nothing yet.
 */
async function explainUnbilled(store: ObjectStore, tenant: string, month: string, imageId: string): Promise<string> {
  for (const neighbour of [monthAfter(month, 1), monthAfter(month, -1)]) {
    if (await hasKey(store, `${studyKeys.usageReceipts(tenant, neighbour)}${imageId}-`)) return `billed in ${neighbour}`
  }
  const byResults = await explainByResults(store, tenant, imageId)
  if (byResults !== null) return byResults
  return (await store.exists(studyKeys.failure(tenant, imageId))) ? 'failed' : 'not finished'
}

/**
 * An image has a result for each combination of bundles and thresholds. One that analysed it is to be billed, whatever
 * the others say; one that cannot be read might be such a one. Null without a result.
 */
async function explainByResults(store: ObjectStore, tenant: string, imageId: string): Promise<string | null> {
  let isDamaged = false
  let rejection: string | null = null
  for await (const key of store.list(studyKeys.resultsOfImage(tenant, imageId))) {
    if (!key.endsWith('/result.json')) continue
    const bytes = await getIfThere(store, key)
    if (bytes === null) continue
    const { success, data: result } = resultDocument.safeParse(parseJson(bytes))
    if (!success) isDamaged = true
    else if (result.outcome !== 'not-analysed') return 'result without receipt'
    else rejection = `rejected: ${result.reason?.code}`
  }
  return isDamaged ? 'damaged result' : rejection
}

/** Null when a lifecycle rule has deleted it since it was listed. */
async function getIfThere(store: ObjectStore, key: string): Promise<Uint8Array | null> {
  try {
    return await store.get(key)
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return null
    throw error
  }
}

async function hasKey(store: ObjectStore, prefix: string): Promise<boolean> {
  for await (const _ of store.list(prefix)) return true
  return false
}

/** @param month e.g. '2026-11' */
function monthAfter(month: string, months: number): string {
  const [year, number] = month.split('-').map(Number)
  return monthOf(Date.UTC(year, number - 1 + months))
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
}
