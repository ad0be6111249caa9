import { parentPort } from 'node:worker_threads'
import type { CodecReply, CodecRequest, WorkerKind } from './codec-messages.ts'
import { type FrameDecoder, loadFrameDecoder } from './decode-web-assembly.ts'
import { memoryLimitBytes } from './frame-limits.ts'
import { grownBytes, limitWebAssemblyMemory } from './limit-web-assembly-memory.ts'

/*
 * The thread in which WebAssembly codecs run: a codestream that makes one hang or crash takes this thread with it and
 * nothing else. Each codec is loaded when its first codestream comes.
 */

/**
 * A codec keeps the memory of the largest frame it met, long after: beyond this, starting anew costs less than a
 * hundredth of what such a frame takes. Unit: bytes
 */
const keptMemoryBytes = 96 * 2 ** 20

const loaded = new Map<WorkerKind, FrameDecoder>()

async function replyTo({ kind, frame }: CodecRequest): Promise<CodecReply> {
  limitWebAssemblyMemory(memoryLimitBytes(frame, frame.codestream.length))
  let decode: FrameDecoder
  try {
    decode = loaded.get(kind) ?? (await loadFrameDecoder(kind))
    loaded.set(kind, decode)
  } catch (cause) {
    return { outcome: 'defect', detail: textOf(cause) }
  }
  try {
    const decoded = decode(frame)
    return { outcome: 'decoded', frame: decoded, isLast: grownBytes() > keptMemoryBytes }
  } catch (cause) {
    return { outcome: 'refused', detail: textOf(cause) }
  }
}

/** Codecs throw raw numbers (pointers to their exceptions), texts, and errors. */
function textOf(cause: unknown): string {
  return cause instanceof Error ? `${cause.name}: ${cause.message}` : `codec exception ${String(cause)}`
}

// A thread that ends before this line was never able to start; what ends it afterwards is a codestream.
parentPort?.postMessage('ready')
parentPort?.on('message', async (request: CodecRequest) => {
  const reply = await replyTo(request)
  const transfer = reply.outcome === 'decoded' ? [reply.frame.values.buffer as ArrayBuffer] : []
  parentPort?.postMessage(reply, transfer)
  // A codec that met a bad codestream may have spoilt its memory: the next frame gets a new thread.
  if (reply.outcome !== 'decoded' || reply.isLast) parentPort?.close()
})
