import { randomUUID } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { reasonOf } from '../../console/api/build-worklist-row.ts'
import { UploadRefusedError, type Uploads } from '../../console/api/console-ports.ts'
import {
  begunUpload,
  type FileInParts,
  goesInParts,
  goesWhole,
  uploadIdOfFile,
} from '../../console/api/upload-parts.ts'
import type { Upload, UploadRequest } from '../../console/contract/upload.ts'
import { isSetAside, type ResultLine } from '../../screening/result-documents/result-line.ts'
import { diskFull, noSuchUpload, type UnfinishedUploads } from './unfinished-uploads.ts'
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
  readonly #unfinished: UnfinishedUploads
  readonly #maximumBytes: number
  readonly #screen: (file: KeptFile) => Promise<ResultLine | null>
  readonly #findEndlessWriter: () => Promise<string | null>
  readonly #onFailure: (error: unknown) => void
  /** Those that go whole, and those that have come. */
  readonly #uploads = new Map<string, OpenUpload>()
  readonly #completing = new Map<string, Promise<Upload>>()
  readonly #underWay = new Set<Promise<void>>()

  /**
   * @param screen Screens a kept file and records its line before it resolves; null: the next program will
   * @param findEndlessWriter A program that holds the output folder and does not give it back
   */
  constructor(
    folder: Pick<UploadFolder, 'keep'>,
    unfinished: UnfinishedUploads,
    options: {
      maximumBytes: number
      screen: (file: KeptFile) => Promise<ResultLine | null>
      findEndlessWriter: () => Promise<string | null>
      onFailure: (error: unknown) => void
    },
  ) {
    this.#folder = folder
    this.#unfinished = unfinished
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
    if (goesInParts(request)) return this.#grantParts(request)
    this.#forgetOldest()
    const uploadId = randomUUID()
    const upload: Upload = { ...begunUpload(uploadId), href: `/api/uploads/${uploadId}/content` }
    this.#uploads.set(uploadId, { request, isReceiving: false, upload })
    return upload
  }

  async find(uploadId: string): Promise<Upload | null> {
    const known = this.#uploads.get(uploadId)
    if (known) return known.upload
    return (await this.#unfinished.find(uploadId)) ? begunUpload(uploadId) : null
  }

  async receive(uploadId: string, body: AsyncIterable<Uint8Array>): Promise<Upload> {
    const known = this.#uploads.get(uploadId)
    if (!known) throw noSuchUpload()
    if (known.isReceiving) throw new UploadRefusedError(409, 'The bytes of this upload were sent already.')
    this.#uploads.set(uploadId, { ...known, isReceiving: true })
    let file: KeptFile
    try {
      file = await this.#folder.keep(uploadId, known.request, body)
    } catch (error) {
      // The sender may try the same upload again.
      this.#uploads.set(uploadId, known)
      throw refusalOf(error)
    }
    return this.#take(uploadId, file)
  }

  async receivePart(uploadId: string, number: number, body: AsyncIterable<Uint8Array>): Promise<void> {
    await this.#unfinished.receive(uploadId, number, body).catch((error) => {
      throw refusalOf(error)
    })
  }

  async complete(uploadId: string): Promise<Upload> {
    const underWay = this.#completing.get(uploadId)
    if (underWay) return underWay
    const completed = this.#complete(uploadId).finally(() => this.#completing.delete(uploadId))
    this.#completing.set(uploadId, completed)
    // Its sender is told of a failure.
    this.follow(completed.catch(() => {}))
    return completed
  }

  async cancel(uploadId: string): Promise<void> {
    const taken = new UploadRefusedError(409, 'The file has come already, and is screened.')
    if (this.#completing.has(uploadId)) throw taken
    if (await this.#unfinished.find(uploadId)) return this.#unfinished.remove(uploadId)
    const known = this.#uploads.get(uploadId)
    if (!known) throw noSuchUpload()
    if (known.isReceiving) throw taken
    this.#uploads.delete(uploadId)
  }

  /** Screens what an earlier program took and did not finish; who sent it in parts follows it here. */
  screenLeftOver(files: readonly KeptFile[]): void {
    for (const file of files) this.follow(this.#screenLeftOver(file))
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

  async #grantParts(request: FileInParts): Promise<Upload> {
    try {
      const known = this.#uploads.get(uploadIdOfFile(request))
      if (known?.upload.state === 'screening') return known.upload
      const uploadId = await this.#unfinished.announce(request)
      const missing = await this.#unfinished.missing(uploadId, request)
      const parts = missing.map((part) => ({ ...part, href: `/api/uploads/${uploadId}/parts/${part.number}` }))
      return { ...begunUpload(uploadId), parts }
    } catch (error) {
      throw refusalOf(error)
    }
  }

  async #complete(uploadId: string): Promise<Upload> {
    const announced = await this.#unfinished.find(uploadId)
    if (!announced) {
      const known = this.#uploads.get(uploadId)
      if (!known) throw noSuchUpload()
      if (known.upload.state === 'granted') throw goesWhole()
      return known.upload
    }
    const missing = await this.#unfinished.missing(uploadId, announced)
    if (missing.length > 0) {
      throw new UploadRefusedError(409, `${missing.length} parts are missing. Send them.`, 'parts-missing')
    }
    this.#forgetOldest()
    try {
      const file = await this.#folder.keep(uploadId, announced, this.#unfinished.read(uploadId, announced))
      this.#uploads.set(uploadId, { request: announced, isReceiving: true, upload: begunUpload(uploadId) })
      const taken = this.#take(uploadId, file)
      await this.#unfinished.remove(uploadId)
      return taken
    } catch (error) {
      // Which of the parts is wrong cannot be told.
      if (error instanceof UploadRefusedError && error.code === 'wrong-digest') await this.#unfinished.remove(uploadId)
      throw refusalOf(error)
    }
  }

  async #screenLeftOver(file: KeptFile): Promise<void> {
    // One that is gone by now is screened all the same: its line says so.
    const sizeBytes = await stat(file.path).then(
      ({ size }) => size,
      () => 0,
    )
    const request = { name: basename(file.path), sizeBytes }
    const uploadId = uploadIdOfFile({ sha256: file.imageId, sizeBytes })
    this.#uploads.set(uploadId, {
      request,
      isReceiving: true,
      upload: { ...begunUpload(uploadId), state: 'screening' },
    })
    await this.#finish(uploadId, file)
  }

  /** Has a file screened that is kept. */
  #take(uploadId: string, file: KeptFile): Upload {
    const upload = this.#update(uploadId, { state: 'screening' })
    this.follow(this.#finish(uploadId, file))
    return upload
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

/** A full disk is told to the sender. */
function refusalOf(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOSPC' || code === 'EDQUOT' ? diskFull(error) : error
}
