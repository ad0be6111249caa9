import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Preprocessed } from '../../lib/screening/preprocess.ts'
import { openWorker } from './open-worker.ts'

/** The largest sources that are read: their masks are drawn, measured and coded pixel by pixel. */
const side = 8000

/** The cloud worker on suspected images of 64 megapixels: how long its heartbeats wait, and the memory of the process. */
export async function benchLargeMasks(studies: readonly Preprocessed[], images = 5): Promise<string[][]> {
  const large = studies.map((study): Preprocessed => {
    return { ...study, prepared: { ...study.prepared, source: { rows: side, columns: side } } }
  })
  const worker = await openWorker(large, { maximumBatch: 8 })
  for (const imageId of await worker.lay(images)) await worker.enqueue(imageId)
  const delay = monitorEventLoopDelay({ resolution: 10 })
  delay.enable()
  const started = performance.now()
  await worker.work(0)
  const wallMs = performance.now() - started
  delay.disable()
  await worker.close()
  return [
    [`${images} images`, `${(wallMs / 1000).toFixed(1)} s`],
    ['longest time that nothing else ran', `${Math.round(delay.max / 1e6)} ms`],
    ['peak memory', `${Math.round((process.resourceUsage().maxRSS * 1024) / 1e6)} MB`],
  ]
}
