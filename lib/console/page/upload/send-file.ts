import type { Upload } from '../../contract/upload.ts'
import { ProblemError, requestJson, sendJson } from '../request.ts'
import { isSignedIn } from '../sign-in/session.ts'

const pollMs = 700
/** Where each look is paid for. */
const paidPollMs = 4000

/**
 * Sends one file and waits until it is screened.
 * @param onProgress Told how much has gone out. Range: 0 to 1.
 * @throws {ProblemError} when the server refuses it; {TypeError} when it cannot be reached; the reason of `signal`
 */
export async function sendFile(file: File, onProgress: (share: number) => void, signal: AbortSignal): Promise<Upload> {
  const granted = await sendJson<Upload>('/api/uploads', { name: file.name, sizeBytes: file.size }, { signal })
  await put(granted.href, file, onProgress, signal)
  for (;;) {
    const upload = await requestJson<Upload>(`/api/uploads/${granted.uploadId}`, { signal })
    if (upload.state === 'done') return upload
    await new Promise((resolve) => setTimeout(resolve, isSignedIn() ? paidPollMs : pollMs))
  }
}

/** XMLHttpRequest, because fetch does not say how much of a body has gone out. */
function put(href: string, file: File, onProgress: (share: number) => void, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const sending = new XMLHttpRequest()
    sending.open('PUT', href)
    sending.upload.onprogress = ({ loaded }) => onProgress(loaded / file.size)
    sending.onload = () => {
      if (sending.status < 300) resolve()
      else reject(new ProblemError(problemOf(sending)))
    }
    sending.onerror = () => reject(new TypeError('the connection broke off'))
    sending.onabort = () => reject(signal.reason)
    signal.addEventListener('abort', () => sending.abort(), { once: true })
    sending.setRequestHeader('content-type', 'application/octet-stream')
    sending.send(file)
  })
}

function problemOf({ status, responseText }: XMLHttpRequest) {
  try {
    return JSON.parse(responseText)
  } catch {
    return { type: 'about:blank' as const, title: 'The server refused', status, detail: `It answered ${status}.` }
  }
}
