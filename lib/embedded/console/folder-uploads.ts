import { randomUUID } from 'node:crypto'
import { reasonOf } from '../../console/api/build-worklist-row.ts'
import { UploadRefusedError, type Uploads } from '../../console/api/console-ports.ts'
import type { Upload, UploadRequest } from '../../console/contract/upload.ts'
import { isSetAside, type ResultLine } from '../../screening/result-documents/result-line.ts'
import type { KeptFile, UploadFolder } from './upload-folder.ts'

/** A page asks for a few at a time; more than this are somebody else's. */
const maximumOpenUploads = 1000

interface OpenUpload {
  readonly request: UploadRequest
  readonly isReceiving: boolean
  readonly upload: Upload
}

/** Uploads into a folder of this machine, each screened once it is on disk. */
export class FolderUploads implements Uploads {
  readonly #folder: Pick<UploadFolder, 'keep'>
  readonly #maximumBytes: number
  readonly #screen: (file: KeptFile) => Promise<ResultLine | null>
  readonly #findEndlessWriter: () => Promise<string | null>
  readonly #onFailure: (error: unknown) => void
  readonly #uploads = new Map<string, OpenUpload>()
  readonly #underWay = new Set<Promise<void>>()

  /**
   * @param screen Screens a kept file and records its line before it resolves; null: the next program will
   * @param findEndlessWriter A program that holds the output folder and does not give it back
   */
  constructor(
    folder: Pick<UploadFolder, 'keep'>,
    options: {
      maximumBytes: number
      screen: (file: KeptFile) => Promise<ResultLine | null>
      findEndlessWriter: () => Promise<string | null>
      onFailure: (error: unknown) => void
    },
  ) {
    this.#folder = folder
    this.#maximumBytes = options.maximumBytes
    this.#screen = options.screen
    this.#findEndlessWriter = options.findEndlessWriter
    this.#onFailure = options.onFailure
  }

  async grant(request: UploadRequest): Promise<Upload> {
    if (request.sizeBytes > this.#maximumBytes) {
      const limit = `${Math.floor(this.#maximumBytes / 2 ** 20)} MiB`
      throw new UploadRefusedError(413, `The file has more than ${limit}. Send a single radiograph.`)
    }
    const writer = await this.#findEndlessWriter()
    if (writer) {
      throw new UploadRefusedError(409, `\`pleura ${writer}\` writes to this folder and goes on. Send the file there.`)
    }
    this.#forgetOldest()
    const uploadId = randomUUID()
    const href = `/api/uploads/${uploadId}/content`
    const upload: Upload = { uploadId, href, state: 'granted', studyId: null, rejection: null }
    this.#uploads.set(uploadId, { request, isReceiving: false, upload })
    return upload
  }

  async find(uploadId: string): Promise<Upload | null> {
    return this.#uploads.get(uploadId)?.upload ?? null
  }

  async receive(uploadId: string, body: AsyncIterable<Uint8Array>): Promise<Upload> {
    const known = this.#uploads.get(uploadId)
    if (!known) throw new UploadRefusedError(404, 'There is no such upload. Send the file again.')
    if (known.isReceiving) throw new UploadRefusedError(409, 'The bytes of this upload were sent already.')
    this.#uploads.set(uploadId, { ...known, isReceiving: true })
    let file: KeptFile
    try {
      file = await this.#folder.keep(uploadId, known.request.name, known.request.sizeBytes, body)
    } catch (error) {
      // The sender may try the same upload again.
      this.#uploads.set(uploadId, known)
      throw error
    }
    const upload = this.#update(uploadId, { state: 'screening' })
    this.follow(this.#finish(uploadId, file))
    return upload
  }

  /** Screens what an earlier program took and did not finish. */
  screenLeftOver(files: readonly KeptFile[]): void {
    for (const file of files) this.follow(this.#screen(file))
  }

  /** Work that must be done before the program ends; one that fails is told. */
  follow(work: Promise<unknown>): void {
    const followed = work.then(() => {}, this.#onFailure).finally(() => this.#underWay.delete(followed))
    this.#underWay.add(followed)
  }

  /** Resolves when all that was taken is screened. */
  async settle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay)
  }

  async #finish(uploadId: string, file: KeptFile): Promise<void> {
    const line = await this.#screen(file)
    if (!line) return
    this.#update(uploadId, {
      state: 'done',
      studyId: isSetAside(line) ? null : line.imageId,
      rejection: reasonOf(line),
    })
  }

  #update(uploadId: string, change: Partial<Upload>): Upload {
    const known = this.#uploads.get(uploadId)!
    const upload = { ...known.upload, ...change }
    this.#uploads.set(uploadId, { ...known, isReceiving: true, upload })
    return upload
  }

  /** Of the finished and the never begun; what is under way is not forgotten. */
  #forgetOldest(): void {
    for (const [uploadId, { upload, isReceiving }] of this.#uploads) {
      if (this.#uploads.size < maximumOpenUploads) return
      if (upload.state === 'done' || !isReceiving) this.#uploads.delete(uploadId)
    }
    if (this.#uploads.size >= maximumOpenUploads) {
      throw new UploadRefusedError(409, 'Too many uploads are under way. Wait for some of them.')
    }
  }
}
