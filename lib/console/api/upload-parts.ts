import { sha256Hex } from '../../screening/kernel/identifiers.ts'
import type { Upload, UploadPart, UploadRequest } from '../contract/upload.ts'
import { UploadRefusedError } from './console-ports.ts'

/** S3 takes no part below 5 MiB but the last one. Unit: bytes. */
export const partBytes = 8 * 2 ** 20

/** A file that goes in parts. */
export type FileInParts = UploadRequest & { readonly sha256: string }
export type PartRange = Omit<UploadPart, 'href'>

export const goesInParts = (request: UploadRequest): request is FileInParts => request.sha256 !== undefined

/** Every part of a file, in its order. */
export function partsOf(sizeBytes: number): PartRange[] {
  return Array.from({ length: Math.ceil(sizeBytes / partBytes) }, (_, index) => {
    const firstByte = index * partBytes
    return { number: index + 1, firstByte, sizeBytes: Math.min(partBytes, sizeBytes - firstByte) }
  })
}

/**
 * The upload of a file, by its content: the same for everybody who sends it, so nobody has to remember it.
 * @param sha256 The first 32 digits count: those that identify an image.
 * @see RFC 9562 5.8
 */
export function uploadIdOfFile({ sha256, sizeBytes }: Pick<FileInParts, 'sha256' | 'sizeBytes'>): string {
  const digits = sha256Hex(`${sha256.slice(0, 32)} ${sizeBytes}`)
  const variant = '89ab'[Number.parseInt(digits[16], 16) % 4]
  const groups = [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `8${digits.slice(13, 16)}`,
    `${variant}${digits.slice(17, 20)}`,
  ]
  return [...groups, digits.slice(20, 32)].join('-')
}

/** An upload that has just been granted. Its address is told once, with the grant. */
export const begunUpload = (uploadId: string): Upload => ({
  uploadId,
  href: '',
  parts: null,
  state: 'granted',
  studyId: null,
  rejection: null,
})

/** Of an upload without parts there is nothing to put together. */
export const goesWhole = (): UploadRefusedError =>
  new UploadRefusedError(409, 'This file goes whole: send its bytes where the grant says.')
