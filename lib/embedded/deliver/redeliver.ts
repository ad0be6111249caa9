import { FolderObjectStore } from '../../adapters/embedded/folder-object-store.ts'
import type { DeliveryConfig, DeliveryTarget } from '../../delivery/delivery-config.ts'
import { buildDeliveryMessage, type DeadLetter } from '../../delivery/delivery-message.ts'
import { ConfigurationError } from '../../screening/kernel/errors.ts'
import { readResult } from '../../screening/result-documents/write-result.ts'
import { openQueue } from './deliveries.ts'

/** A dead letter, as far as it can be read. */
export interface ListedLetter {
  readonly target: string
  readonly key: string
  readonly imageId: string | null
  readonly attempts: number | null
  readonly queuedAt: string | null
  readonly diedAt: string | null
  readonly reason: string
  /** Why the last attempt failed, where one did. */
  readonly lastFailure: string | null
}

/** What was given up, target by target, oldest first. */
export async function listDeadLetters(outDir: string, targets: readonly DeliveryTarget[]): Promise<ListedLetter[]> {
  const listed: ListedLetter[] = []
  for (const target of targets) {
    for (const letter of await (await openQueue(outDir, target)).deadLetters()) {
      const { key, reason } = letter
      const known: DeadLetter | null = 'imageId' in letter ? letter : null
      listed.push({
        target: target.name,
        key,
        imageId: known?.imageId ?? null,
        attempts: known?.attempts ?? null,
        queuedAt: known?.queuedAt ?? null,
        diedAt: known?.diedAt ?? null,
        reason,
        lastFailure: known?.lastFailure?.reason ?? null,
      })
    }
  }
  return listed
}

/**
 * Makes every dead letter wait again, under its key: nothing is screened anew. Safe beside a program that delivers.
 * @returns how many
 */
export async function redeliverDead(outDir: string, targets: readonly DeliveryTarget[], now: Date): Promise<number> {
  let count = 0
  for (const target of targets) {
    const queue = await openQueue(outDir, target)
    for (const letter of await queue.deadLetters()) {
      if ('imageId' in letter) {
        const { reason: _, diedAt: __, ...message } = letter
        await queue.sendAgain({
          ...message,
          queuedAt: now.toISOString(),
          attempts: 0,
          heldAgainst: 0,
          lastFailure: null,
          notBefore: null,
        })
      } else await queue.forget(letter.key) // The next scan of the results finds it.
      count++
    }
  }
  return count
}

/**
 * Sends the standing result of one image again, also where it was delivered: a receiver may have lost it.
 * @returns to how many targets
 * @throws {ConfigurationError} when there is no result of that image
 */
export async function redeliverImage(
  outDir: string,
  { tenant }: Pick<DeliveryConfig, 'tenant'>,
  targets: readonly DeliveryTarget[],
  imageId: string,
  now: Date,
): Promise<number> {
  const result = await readResult(new FolderObjectStore(outDir), imageId)
  if (!result)
    throw new ConfigurationError(`${outDir} holds no result of image ${imageId}. Give an imageId of its list.`)
  for (const target of targets) {
    await (await openQueue(outDir, target)).sendAgain(buildDeliveryMessage(tenant, target, result, now))
  }
  return targets.length
}
