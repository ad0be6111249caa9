import { mkdtemp, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DicomListenerOptions, listenForDicom } from '../../lib/adapters/dicom-network/listen-for-dicom.ts'
import type { KeptObject } from '../../lib/adapters/embedded/arriving-file.ts'
import { Inbox } from '../../lib/adapters/embedded/inbox.ts'

export interface OpenedListener {
  readonly port: number
  readonly folder: string
  readonly kept: KeptObject[]
  readonly notKept: unknown[]
  readonly trouble: string[]
  /** Files that are there, and drafts that are still under way. */
  readonly files: () => Promise<string[]>
  readonly drafts: () => Promise<string[]>
  readonly stop: () => Promise<void>
}

export const megabyte = 1024 * 1024

/** A listener on a free port of this machine, over a new inbox. */
export async function openListener(
  changes: Partial<DicomListenerOptions> & { keepFreeBytes?: number } = {},
): Promise<OpenedListener> {
  const root = await mkdtemp(join(tmpdir(), 'pleura-listen-'))
  const { maximumObjectBytes = 16 * megabyte, keepFreeBytes = 0 } = changes
  const inbox = await Inbox.open(root, { maximumObjectBytes, keepFreeBytes })
  const kept: KeptObject[] = []
  const notKept: unknown[] = []
  const trouble: string[] = []
  const { port, stop } = await listenForDicom({
    host: '127.0.0.1',
    port: 0,
    aeTitle: 'PLEURA',
    callingAeTitles: null,
    peers: null,
    tls: null,
    maximumAssociations: 4,
    maximumObjectBytes,
    idleMs: 20_000,
    inbox,
    onKept: (object) => kept.push(object),
    onNotKept: (cause) => notKept.push(cause),
    onTrouble: (reason) => trouble.push(reason),
    ...changes,
  })
  return {
    port,
    folder: inbox.folder,
    kept,
    notKept,
    trouble,
    files: () => readdir(inbox.folder),
    drafts: () => readdir(join(root, '.receiving')),
    stop,
  }
}
