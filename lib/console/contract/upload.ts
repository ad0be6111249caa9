import * as z from 'zod'
import { textUpTo } from './text-up-to.ts'
import { studyId } from './worklist.ts'

export const uploadRequest = z
  .strictObject({
    name: textUpTo(255).min(1).describe('The name of the file, without its folder'),
    sizeBytes: z.number().int().positive().max(Number.MAX_SAFE_INTEGER),
  })
  .meta({ id: 'UploadRequest' })

export const uploadId = z.uuid()

export const upload = z
  .strictObject({
    uploadId,
    href: z.string().describe('Where the bytes go, with PUT'),
    state: z.enum(['granted', 'screening', 'done']),
    studyId: studyId.nullable().describe('The row that it became; null before that, and of a file that is no picture'),
    rejection: z
      .strictObject({ code: z.string(), remedy: z.string() })
      .nullable()
      .describe('Why it was not analysed, and what to do about it'),
  })
  .meta({ id: 'Upload' })

export type UploadRequest = z.infer<typeof uploadRequest>
export type Upload = z.infer<typeof upload>
