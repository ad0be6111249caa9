import * as z from 'zod'

/** Why a request was not answered as asked. @see RFC 9457 */
export const problem = z
  .strictObject({
    type: z.literal('about:blank'),
    title: z.string(),
    status: z.number().int().min(400).max(599),
    detail: z.string().describe('What to do about it, in words for the reader'),
    code: z.string().optional().describe('Tells apart, for programs, what the status does not'),
  })
  .meta({ id: 'Problem' })

export type Problem = z.infer<typeof problem>
