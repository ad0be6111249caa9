import type { Upload } from '../../contract/upload.ts'
import { ProblemError, request, requestJson, sendJson } from '../request.ts'
import { isSignedIn } from '../sign-in/session.ts'
import { digestOf } from './digest-of.ts'
import { followUpload, sendUpload, type Transport } from './send-upload.ts'

const pollMs = 700
/** Where each look is paid for. */
const paidPollMs = 4000
/** From so many on a file goes in parts, where the server takes them. Unit: bytes. */
const largeBytes = 8 * 2 ** 20

export interface Watcher {
  /** Told how much has come. Range: 0 to 1. */
  onProgress(share: number): void
  /** Told that it has broken off, and when it is tried again. */
  onWait(seconds: number): void
}

/**
 * Sends one file and waits until it is screened. When `signal` is aborted, the server forgets what has come of it.
 * @throws {ProblemError} when the server refuses it; {TypeError} when it cannot be reached; the reason of `signal`
 */
export async function sendFile(file: File, watcher: Watcher, signal: AbortSignal): Promise<Upload> {
  const sha256 = file.size < largeBytes ? undefined : await digestOf(file, signal)
  let granted: Upload | null = null
  const transport: Transport = {
    grant: async () => {
      granted = await sendJson<Upload>('/api/uploads', { name: file.name, sizeBytes: file.size, sha256 }, { signal })
      return granted
    },
    find: (uploadId) => requestJson(`/api/uploads/${uploadId}`, { signal }),
    put: (href, body, onSent) => put(href, body, onSent, signal),
    complete: (uploadId) => requestJson(`/api/uploads/${uploadId}/completion`, { method: 'POST', signal }),
    retryIn: (ms) => {
      watcher.onWait(ms / 1000)
      return pause(ms, signal)
    },
  }
  try {
    const taken = await sendUpload(file, transport, watcher.onProgress, signal)
    watcher.onProgress(1)
    return await followUpload(taken, transport, () => pause(isSignedIn() ? paidPollMs : pollMs, signal))
  } catch (error) {
    const begun = granted as Upload | null
    // What it answers changes nothing: the parts of a large file that stay go away by themselves.
    if (signal.aborted && begun) request(`/api/uploads/${begun.uploadId}`, { method: 'DELETE' }).catch(() => {})
    throw error
  }
}

/** @throws the reason of `signal` */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    }, ms)
    signal.addEventListener('abort', onAbort, { once: true })
  })
}

/** XMLHttpRequest, because fetch does not say how much of a body has gone out. */
function put(href: string, body: Blob, onSent: (bytes: number) => void, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const sending = new XMLHttpRequest()
    const onAbort = () => sending.abort()
    sending.open('PUT', href)
    sending.upload.onprogress = ({ loaded }) => onSent(loaded)
    sending.onload = () => {
      // The bucket says so of an address that has lapsed; a new one is asked for.
      if (sending.status === 403) reject(new TypeError('the address is no longer taken'))
      else if (sending.status < 300) resolve()
      else reject(new ProblemError(problemOf(sending)))
    }
    sending.onerror = () => reject(new TypeError('the connection broke off'))
    sending.onabort = () => reject(signal.reason)
    sending.onloadend = () => signal.removeEventListener('abort', onAbort)
    signal.addEventListener('abort', onAbort, { once: true })
    sending.setRequestHeader('content-type', 'application/octet-stream')
    sending.send(body)
  })
}

function problemOf({ status, responseText }: XMLHttpRequest) {
  try {
    return JSON.parse(responseText)
  } catch {
    return { type: 'about:blank' as const, title: 'The server refused', status, detail: `It answered ${status}.` }
  }
}
