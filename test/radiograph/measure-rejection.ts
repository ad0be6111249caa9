import { readFileSync } from 'node:fs'
import type { StudyRejectedError } from '../../lib/screening/kernel/errors.ts'
import { decodeRadiograph } from '../../lib/screening/radiograph/decode-radiograph.ts'
import { noCodecs } from './no-codecs.ts'
import { peakBytes } from './peak-bytes.ts'

/** Program: reads one file, prints the code it was rejected with, the time it took and the memory it added. */
const bytes = readFileSync(process.argv[2])
const before = process.memoryUsage().rss
const started = performance.now()
const code = await decodeRadiograph(bytes, noCodecs).then(
  () => 'decoded',
  (error: StudyRejectedError) => error.code ?? String(error),
)
const milliseconds = performance.now() - started
const extraBytes = peakBytes() - before
console.log(JSON.stringify({ code, milliseconds, extraBytes }))
