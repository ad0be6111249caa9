import * as z from 'zod'
import { resultDocument } from '../../screening/result-documents/result-document.ts'
import { worklistRow } from './worklist.ts'

export const study = z
  .strictObject({
    row: worklistRow,
    result: resultDocument
      .nullable()
      .describe('result.json as it stands; null when the system failed or the file was unreadable'),
    hasClassActivationMap: z.boolean(),
  })
  .meta({ id: 'Study' })

export type Study = z.infer<typeof study>
