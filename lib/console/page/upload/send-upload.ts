import type { Upload } from '../../contract/upload.ts'
import { ProblemError } from '../request.ts'
import { Patience } from './patience.ts'

/** What of the server an upload needs. */
export interface Transport {
  /** Asks for the upload, be it new or begun. */
  grant(): Promise<Upload>
  find(uploadId: string): Promise<Upload>
  /** @param onSent Told how much has gone out. Unit: bytes. */
  put(href: string, body: Blob, onSent: (bytes: number) => void): Promise<void>
  complete(uploadId: string): Promise<Upload>
  /** Waits before it is tried again. Unit: ms. */
  retryIn(ms: number): Promise<void>
}

/**
 * Sends a file, whole or the parts of it that are missing, as the server wants. Where that breaks off it is tried again: a
 * part that has come is never sent twice.
 * @param onProgress Told how much has come. Range: 0 to 1.
 * @returns the upload, taken
 * @throws {ProblemError} when it is refused; {TypeError} when the server stays away
 */
export async function sendUpload(
  file: Blob,
  transport: Transport,
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<Upload> {
  const patience = new Patience(transport.retryIn)
  let begun: string | null = null
  for (;;) {
    try {
      // The answer to the last bytes may have been lost, or another browser has sent them.
      const known: Upload | null = begun === null ? null : await orNull(transport.find(begun))
      if (known && known.state !== 'granted') return known
      const granted = await transport.grant()
      if (granted.state !== 'granted') return granted
      const { uploadId, href, parts } = granted
      begun = uploadId
      const missing = parts ?? [{ href, firstByte: 0, sizeBytes: file.size }]
      let come = missing.reduce((rest, part) => rest - part.sizeBytes, file.size)
      onProgress(come / file.size)
      for (const part of missing) {
        const body = file.slice(part.firstByte, part.firstByte + part.sizeBytes)
        await transport.put(part.href, body, (bytes) => onProgress((come + bytes) / file.size))
        come += part.sizeBytes
        patience.renew()
      }
      return await (parts ? transport.complete(uploadId) : transport.find(uploadId))
    } catch (error) {
      signal.throwIfAborted()
      await patience.waitAfter(error)
      signal.throwIfAborted()
    }
  }
}

/** Waits until an upload that was taken is screened. @param untilNextLook Resolves when it may be asked for again */
export async function followUpload(
  taken: Upload,
  transport: Pick<Transport, 'find' | 'retryIn'>,
  untilNextLook: () => Promise<void>,
): Promise<Upload> {
  const patience = new Patience(transport.retryIn)
  for (let upload = taken; ; ) {
    if (upload.state === 'done') return upload
    await untilNextLook()
    try {
      upload = await transport.find(taken.uploadId)
      patience.renew()
    } catch (error) {
      await patience.waitAfter(error)
    }
  }
}

const orNull = (work: Promise<Upload>): Promise<Upload | null> =>
  work.catch((error) => {
    if (error instanceof ProblemError && error.status === 404) return null
    throw error
  })
