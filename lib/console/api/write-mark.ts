import type { Clock, ObjectStore } from '../../screening/kernel/ports.ts'
import type { UrgencyMark, UrgencyRequest } from '../contract/urgency.ts'

/** The ending of marks, which lie beside the reviews. */
export const markEnding = '.urgency'

/**
 * Stores a mark as `<folder><studyId>/<time>-<markId>.urgency`, never over another.
 * @param folder Of the reviews; ends with '/'
 * @param markId A UUID that nothing else has
 */
export async function writeMark(
  store: Pick<ObjectStore, 'put'>,
  folder: string,
  { studyId, markId, request }: { studyId: string; markId: string; request: UrgencyRequest },
  clock: Clock,
): Promise<UrgencyMark> {
  const mark: UrgencyMark = { ...request, markId, studyId, markedAt: new Date(clock.now()).toISOString() }
  const key = `${folder}${studyId}/${mark.markedAt.replaceAll(':', '')}-${markId}${markEnding}`
  const body = new TextEncoder().encode(`${JSON.stringify(mark, null, 2)}\n`)
  await store.put(key, body, { ifAbsent: true, contentType: 'application/json' })
  return mark
}
