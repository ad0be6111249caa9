import { StudyRejectedError } from '../kernel/errors.ts'
import type { Attributes } from './attributes.ts'

/** How urgent who has asked for an image says it is; the most urgent first. */
export const requestPriorities = ['stat', 'high', 'routine', 'low'] as const
export type RequestPriority = (typeof requestPriorities)[number]

/**
 * The terms of RequestedProcedurePriority and ReportingPriority, of the retired StudyPriorityID (MED), and those of HL7 v2
 * (S, A, R), which interfaces copy into them. @see DICOM PS3.3 C.4.11, HL7 v2 table 0027
 */
const terms: ReadonlyMap<string, RequestPriority> = new Map([
  ['STAT', 'stat'],
  ['S', 'stat'],
  ['HIGH', 'high'],
  ['ASAP', 'high'],
  ['A', 'high'],
  ['ROUTINE', 'routine'],
  ['R', 'routine'],
  ['MEDIUM', 'routine'],
  ['MED', 'routine'],
  ['LOW', 'low'],
])

/** What the data set says of it; of several words the most urgent. Null: nothing that is understood. */
export function readRequestPriority(attributes: Attributes): RequestPriority | null {
  const said = [attributes, ...requestsOf(attributes)].flatMap((item) => [
    item.text('RequestedProcedurePriority'),
    item.text('ReportingPriority'),
    item.text('StudyPriorityID'),
  ])
  const understood = said.map((text) => terms.get(text?.trim().toUpperCase() ?? ''))
  return requestPriorities.find((priority) => understood.includes(priority)) ?? null
}

/** A sequence that is broken says nothing here; where that refuses the file, another reads it too. */
function requestsOf(attributes: Attributes): readonly Attributes[] {
  try {
    return attributes.items('RequestAttributesSequence')
  } catch (error) {
    if (error instanceof StudyRejectedError) return []
    throw error
  }
}
