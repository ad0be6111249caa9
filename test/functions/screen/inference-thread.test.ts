import { expect, it } from 'vitest'
import { startInferenceThread } from '../../../functions/screen/inference-thread.ts'

const settings = { modelsFolder: 'none', executionProvider: 'cpu', threads: 1 } as const
const input = { data: new Float32Array(1), shape: [1, 1, 1, 1] }

const programOf = (onRun: string): URL =>
  new URL(
    `data:text/javascript,${encodeURIComponent(`
      import { parentPort } from 'node:worker_threads'
      parentPort.on('message', () => { ${onRun} })
      parentPort.postMessage({ kind: 'loaded', classifier: {}, segmenter: {}, operatingPoint: {} })
    `)}`,
  )

it.each([
  ['ends', 'process.exit(3)', /ended with 3/],
  ['throws', "throw new Error('out of memory')", /out of memory/],
])('that %s fails what it was asked, and all that is asked of it from then on', async (_, onRun, expected) => {
  const { classifier, segmenter } = await startInferenceThread(programOf(onRun), settings)
  const asked = [classifier.session.run(input), segmenter.session.run(input)]
  for (const run of await Promise.allSettled(asked)) expect(run).toMatchObject({ status: 'rejected' })
  await expect(asked[0]).rejects.toThrow(expected)
  await expect(classifier.session.run(input)).rejects.toThrow(expected)
})
