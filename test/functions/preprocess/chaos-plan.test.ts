import { expect, it } from 'vitest'
import { createCodecs } from '../../../lib/adapters/codecs/create-codecs.ts'
import { systemClock } from '../../../lib/adapters/embedded/system-clock.ts'
import { StudyRejectedError } from '../../../lib/screening/kernel/errors.ts'
import { preprocess } from '../../../lib/screening/preprocess.ts'
import { defaultSuitabilityPolicy } from '../../../lib/screening/radiograph/suitability.ts'
import { planUploads } from '../../cloud/chaos/plan-chaos.ts'

// Here, where every change of a gate is tried: the chaos suite itself takes minutes.
it('rejects of the images of the chaos suite those that are planned to be, and no other', async () => {
  const codecs = createCodecs()
  const surprises: string[] = []
  for (const { imageId, fate, body } of await planUploads(1, 120)) {
    const end = await preprocess(body, codecs, defaultSuitabilityPolicy, systemClock).then(
      () => 'prepared',
      (error: unknown) => (error instanceof StudyRejectedError ? `${error.code}: ${error.message}` : String(error)),
    )
    if ((end === 'prepared') !== (fate !== 'rejected')) surprises.push(`${imageId}, planned as ${fate}: ${end}`)
  }
  expect(surprises).toEqual([])
})
