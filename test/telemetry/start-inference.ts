import { startInferenceThread } from '../../functions/screen/inference-thread.ts'

/** Program: loads the networks of a models folder as the screening container does, and ends. */
const cascade = await startInferenceThread(new URL('./inference-program.js', import.meta.url), {
  modelsFolder: process.argv[2],
  executionProvider: 'cpu',
  threads: 1,
})
await cascade.classifier.session.close()
