import { useCallback, useRef, useState } from 'preact/hooks'
import { describeError } from '../request.ts'
import { sendFile } from './send-file.ts'

/** Files on their way at a time. */
const parallel = 3

export interface UploadItem {
  readonly id: number
  readonly name: string
  readonly state: 'waiting' | 'sending' | 'screening' | 'done' | 'not-analysed' | 'failed' | 'cancelled'
  /** Range: 0 to 1. */
  readonly share: number
  /** Why it was not analysed or not sent, and what to do. */
  readonly words: string
}

export interface Uploads {
  readonly items: readonly UploadItem[]
  readonly add: (files: readonly File[]) => void
  readonly cancel: (id: number) => void
  readonly retry: (id: number) => void
  readonly clearFinished: () => void
}

interface Job {
  readonly id: number
  readonly file: File
  readonly abort: AbortController
}

export const isUnderWay = ({ state }: UploadItem): boolean =>
  state === 'waiting' || state === 'sending' || state === 'screening'

/** @param onScreened Called after each file that was screened. */
export function useUploads(onScreened: () => void): Uploads {
  const [items, setItems] = useState<readonly UploadItem[]>([])
  const files = useRef(new Map<number, Job>())
  const queue = useRef<Job[]>([])
  const running = useRef(0)
  const nextId = useRef(1)

  const change = useCallback((id: number, to: Partial<UploadItem>) => {
    setItems((before) => before.map((item) => (item.id === id ? { ...item, ...to } : item)))
  }, [])

  const runNext = useCallback(async () => {
    if (running.current >= parallel) return
    const job = queue.current.shift()
    if (!job) return
    running.current++
    runNext()
    const { id, file, abort } = job
    try {
      change(id, { state: 'sending', share: 0, words: '' })
      const watcher = {
        onProgress: (share: number) => change(id, { share, state: share < 1 ? 'sending' : 'screening', words: '' }),
        onWait: (seconds: number) => change(id, { words: `broken off; tried again in ${seconds} s` }),
      }
      const { rejection } = await sendFile(file, watcher, abort.signal)
      change(id, {
        state: rejection ? 'not-analysed' : 'done',
        share: 1,
        words: rejection ? `${rejection.code}. ${rejection.remedy}` : '',
      })
      onScreened()
    } catch (error) {
      if (abort.signal.aborted) change(id, { state: 'cancelled', words: '' })
      else change(id, { state: 'failed', words: describeError(error) })
    }
    running.current--
    runNext()
  }, [change, onScreened])

  const enqueue = useCallback(
    (job: Job) => {
      files.current.set(job.id, job)
      queue.current.push(job)
      runNext()
    },
    [runNext],
  )

  return {
    items,
    add: (added) => {
      const jobs = added.map((file) => ({ id: nextId.current++, file, abort: new AbortController() }))
      setItems((before) => [
        ...before,
        ...jobs.map(({ id, file }): UploadItem => ({ id, name: file.name, state: 'waiting', share: 0, words: '' })),
      ])
      for (const job of jobs) enqueue(job)
    },
    cancel: (id) => {
      files.current.get(id)?.abort.abort(new Error('cancelled'))
      queue.current = queue.current.filter((job) => job.id !== id)
      change(id, { state: 'cancelled', words: '' })
    },
    retry: (id) => {
      const known = files.current.get(id)
      if (!known) return
      change(id, { state: 'waiting', share: 0, words: '' })
      enqueue({ ...known, abort: new AbortController() })
    },
    clearFinished: () => setItems((before) => before.filter(isUnderWay)),
  }
}
