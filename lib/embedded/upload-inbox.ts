import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { forEachConcurrently } from '../adapters/embedded/for-each-concurrently.ts'
import { TransientError } from '../screening/kernel/errors.ts'
import type { ObjectStore } from '../screening/kernel/ports.ts'
import type { Log } from './log.ts'

export interface UploadOptions {
  readonly concurrency: number
  /** How often the inbox is looked at. Unit: ms. */
  readonly intervalMs: number
  readonly log: Log
  readonly signal: AbortSignal
  readonly keyOf: (imageId: string) => string
  readonly onUploaded: (upload: { readonly imageId: string; readonly key: string }) => void
}

/** While the store is out of reach the pauses double up to this. Unit: ms. */
const longestPauseMs = 60_000

/**
 * Puts every file of an inbox into a store, and removes it once it is there. The inbox is the queue: a kill at any
 * point repeats a put of the same bytes under the same key, and days without a network only let it grow. Nothing is
 * ever given up; what is refused is logged and tried again.
 */
export async function uploadInbox(inbox: string, store: ObjectStore, options: UploadOptions): Promise<void> {
  const { signal, intervalMs } = options
  let pauseMs = intervalMs
  while (!signal.aborted) {
    pauseMs = (await uploadOnce(inbox, store, options)) ? intervalMs : Math.min(pauseMs * 2, longestPauseMs)
    await sleep(pauseMs, undefined, { signal }).catch(() => {})
  }
}

/** @returns whether all went well */
async function uploadOnce(inbox: string, store: ObjectStore, options: UploadOptions): Promise<boolean> {
  const { concurrency, signal, log, keyOf, onUploaded } = options
  let isOutOfReach = false
  let failures = 0
  const names = (await readdir(inbox)).filter((name) => /^[0-9a-f]{32}\.dcm$/.test(name)).sort()
  await forEachConcurrently(names, concurrency, async (name) => {
    if (signal.aborted || isOutOfReach) return
    const file = join(inbox, name)
    const imageId = name.slice(0, 32)
    const key = keyOf(imageId)
    try {
      const isNew = await store.put(key, await readFile(file), { ifAbsent: true, contentType: 'application/dicom' })
      await rm(file)
      log('info', 'uploaded', { imageId, duplicate: !isNew })
      onUploaded({ imageId, key })
    } catch (error) {
      failures++
      // The other files would fail alike.
      if (error instanceof TransientError) isOutOfReach = true
      log(error instanceof TransientError ? 'warn' : 'error', 'upload-failed', { imageId, cause: causeOf(error) })
    }
  })
  return failures === 0
}

/** The name of what went wrong first: messages of the SDK may hold more than is ours to tell. */
function causeOf(error: unknown): string {
  let cause = error as NodeJS.ErrnoException
  while (cause.cause instanceof Error) cause = cause.cause
  return cause.code ?? cause.name
}
