import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'

/** The fields of result.json that an evaluation reads. */
const storedDocument = z.object({
  classification: z.object({ operatingPoint: z.object({ id: z.string(), threshold: z.number() }) }).nullish(),
  segmentation: z.object({ runLength: z.string() }).nullish(),
  source: z
    .object({
      rows: z.number().int().positive(),
      columns: z.number().int().positive(),
      modality: z.string().nullish(),
      viewPosition: z.string().nullish(),
      pixelSpacingMm: z.object({ row: z.number().positive(), column: z.number().positive() }).nullish(),
    })
    .nullish(),
})

export type StoredDocument = z.infer<typeof storedDocument>

/** result.json of an image; null when there is none, or none that can be read. */
export async function readResultDocument(folder: string, imageId: string): Promise<StoredDocument | null> {
  try {
    const text = await readFile(join(folder, imageId, 'result.json'), 'utf8')
    return storedDocument.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}
