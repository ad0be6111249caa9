import { readFileSync } from 'node:fs'
import { createCodecs } from '../../lib/adapters/codecs/create-codecs.ts'
import { StudyRejectedError } from '../../lib/screening/kernel/errors.ts'
import { prepareImage } from '../../lib/screening/prepared-image/prepare-image.ts'
import { decodeRadiograph } from '../../lib/screening/radiograph/decode-radiograph.ts'
import { peakBytes } from '../radiograph/peak-bytes.ts'

/** Program: prepares one file, prints its code or warnings, the time it took and the memory it added. */
const file = readFileSync(process.argv[2])
const codecs = createCodecs()
const before = process.memoryUsage().rss
const started = performance.now()
const outcome = await decodeRadiograph(file, codecs)
  .then((radiograph) => ({ code: null, warnings: prepareImage(radiograph).warnings }))
  .catch((error) => {
    if (error instanceof StudyRejectedError) return { code: error.code, warnings: [] }
    throw error
  })
const milliseconds = performance.now() - started
console.log(JSON.stringify({ ...outcome, milliseconds, extraBytes: peakBytes() - before }))
await codecs.close()
