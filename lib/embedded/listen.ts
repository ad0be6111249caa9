import type { BlockList } from 'node:net'
import type { TlsOptions } from 'node:tls'
import { listenForDicom } from '../adapters/dicom-network/listen-for-dicom.ts'
import { listenForStow } from '../adapters/dicomweb/listen-for-stow.ts'
import { type KeptObject, ObjectTooLargeError } from '../adapters/embedded/arriving-file.ts'
import { Inbox } from '../adapters/embedded/inbox.ts'
import type { Listener } from '../adapters/listener.ts'
import type { ObjectStore } from '../screening/kernel/ports.ts'
import type { ResultLine } from '../screening/result-documents/result-line.ts'
import type { Lane } from '../screening/screening-job/tenant.ts'
import type { Log } from './log.ts'
import { lockOutputFolder } from './output-lock.ts'
import type { ScreeningSettings } from './screening-settings.ts'
import type { OnResult } from './study-screener.ts'
import { uploadInbox } from './upload-inbox.ts'
import { FolderWatch } from './watch-folder.ts'

/** Where what was received goes. */
export type Destination =
  | {
      readonly kind: 'screen'
      readonly settings: ScreeningSettings
      /** Is told of each result before its line is kept. */
      readonly onResult: OnResult | undefined
      readonly onStudy: (line: ResultLine) => void
    }
  | {
      readonly kind: 'bucket'
      readonly store: ObjectStore
      readonly tenant: string
      readonly lane: Lane
      readonly onUploaded: (upload: { readonly imageId: string; readonly key: string }) => void
    }

export interface ListenOptions {
  readonly outDir: string
  readonly host: string
  readonly dicomPort: number
  /** Null: STOW-RS is not listened for. */
  readonly stowPort: number | null
  readonly aeTitle: string
  readonly callingAeTitles: readonly string[] | null
  readonly peers: BlockList | null
  readonly tls: TlsOptions | null
  readonly maximumAssociations: number
  readonly maximumObjectBytes: number
  readonly keepFreeBytes: number
  readonly idleMs: number
  readonly intervalMs: number
  readonly concurrency: number
  readonly destination: Destination
  readonly log: Log
  readonly signal: AbortSignal
  readonly onListening: (ports: { readonly dicom: number; readonly stow: number | null }) => void
}

/**
 * Receives radiographs over the network until `signal` is aborted: what is acknowledged lies in `outDir/received` and
 * is screened from there, or put into a bucket. What is under way then is finished first.
 * @throws {ConfigurationError} when a port or the output folder cannot be had
 */
export async function listen(options: ListenOptions): Promise<void> {
  const unlock = await lockOutputFolder(options.outDir, 'listen')
  try {
    const inbox = await Inbox.open(options.outDir, options)
    // Before anything is acknowledged: models that do not belong together end the program here.
    const work = await openWork(inbox, options)
    const listeners: Listener[] = []
    try {
      const reception = receptionOf(inbox, options)
      listeners.push(await listenForDicom({ ...reception, port: options.dicomPort }))
      if (options.stowPort !== null) listeners.push(await listenForStow({ ...reception, port: options.stowPort }))
      options.onListening({ dicom: listeners[0].port, stow: listeners[1]?.port ?? null })
      options.signal.addEventListener('abort', () => stopAll(listeners))
      await work.run()
    } finally {
      await stopAll(listeners)
      await work.close()
    }
  } finally {
    await unlock()
  }
}

/** What is done with what arrives, until the options' signal is aborted. */
interface Work {
  run(): Promise<void>
  close(): Promise<void>
}

const stopAll = (listeners: readonly Listener[]) => Promise.all(listeners.map((listener) => listener.stop()))

async function openWork(inbox: Inbox, options: ListenOptions): Promise<Work> {
  const { destination } = options
  if (destination.kind === 'screen') {
    const { settings, onResult, onStudy } = destination
    const watch = await FolderWatch.open(inbox.folder, settings, { ...options, untilEmpty: false, onResult, onStudy })
    return { run: () => watch.work(), close: () => watch.close() }
  }
  const { store, tenant, lane, onUploaded } = destination
  const folder = `uploads/${tenant}/${lane === 'stat' ? 'stat/' : ''}`
  const keyOf = (imageId: string): string => `${folder}${imageId}.dcm`
  return { run: () => uploadInbox(inbox.folder, store, { ...options, onUploaded, keyOf }), close: async () => {} }
}

/** What both ways in share. */
function receptionOf(inbox: Inbox, options: ListenOptions) {
  const { log } = options
  return {
    ...options,
    inbox,
    onKept: ({ imageId, sizeBytes, duplicate }: KeptObject) =>
      log('info', 'received', { imageId, sizeBytes, duplicate }),
    onNotKept: (cause: unknown) => log(cause === null ? 'warn' : 'error', 'not-received', { cause: reasonOf(cause) }),
    onTrouble: (reason: string) => log('warn', 'connection', { reason }),
  }
}

/** A code of ours or of the system. */
function reasonOf(cause: unknown): string {
  if (cause === null) return 'not-acceptable'
  const { code, name } = cause as NodeJS.ErrnoException
  return cause instanceof ObjectTooLargeError ? 'too-large' : (code ?? name)
}
