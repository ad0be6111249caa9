import { parentPort } from 'node:worker_threads'
import { createCodecs } from '../../lib/adapters/codecs/create-codecs.ts'
import { createDocumentTools } from '../../lib/adapters/codecs/create-document-tools.ts'
import { systemClock } from '../../lib/adapters/embedded/system-clock.ts'
import { documentStudy, type InferredStudy } from './document-study.ts'
import type { DocumentsMessage } from './documents-messages.ts'

/*
 * The program of the documents thread: the mask of a large source takes it seconds and hundreds of megabytes, while
 * heartbeats and transfers go on in the main one.
 */

const port = parentPort
if (!port) throw new Error('documents-program is the program of a thread')
const tools = createDocumentTools(createCodecs())

const answer = (message: DocumentsMessage): void => port.postMessage(message)

port.on('message', async (study: InferredStudy) => {
  try {
    answer({ kind: 'documented', study: await documentStudy(study, tools, systemClock) })
  } catch (error) {
    answer({ kind: 'failed', message: (error as Error).message })
  }
})
