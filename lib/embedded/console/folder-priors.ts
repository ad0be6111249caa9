import { randomBytes } from 'node:crypto'
import { open } from 'node:fs/promises'
import { forEachConcurrently } from '../../adapters/embedded/for-each-concurrently.ts'
import { encodePath } from '../../adapters/embedded/path-bytes.ts'
import type { PriorSearch } from '../../console/api/console-ports.ts'
import type { Priors } from '../../console/contract/priors.ts'
import { describeSource } from '../../screening/radiograph/describe-source.ts'
import { describePriors, type Examination, examinationOf, type FoundPrior, isPrior } from './examination.ts'
import type { FolderStudies } from './folder-studies.ts'

/** Patient and study stand before the pixels, and before what vendors add. Unit: bytes. */
const headBytes = 256 * 1024
/** Files that are looked into at a time. */
const parallel = 4
/** Earlier examinations that are told of. */
const mostPriors = 20
/** How long an answer waits for files that have not been looked into. Unit: ms. */
const patienceMs = 500

/** What is known of an image: by the head of what lies where its file was, or by the very file. */
interface Known {
  readonly examination: Examination
  readonly isVerified: boolean
}

/**
 * Finds priors by what the files say of their patients. Nothing of that is kept on disk, answered or logged: in memory
 * stand digests under a key that ends with the program. One folder is one house.
 */
export class FolderPriors implements PriorSearch {
  readonly #studies: Pick<FolderStudies, 'inputs' | 'source' | 'row'>
  readonly #key = randomBytes(32)
  readonly #known = new Map<string, Known>()
  readonly #gone = new Set<string>()
  #looking: Promise<void> | null = null

  constructor(studies: Pick<FolderStudies, 'inputs' | 'source' | 'row'>) {
    this.#studies = studies
  }

  async priorsOf(studyId: string): Promise<Priors> {
    const current = await this.#verified(studyId)
    const left = { waiting: 0, gone: 0 }
    if (!current) return { studyDate: null, priors: [], isIssuerKnown: false, unknown: 'file-gone', ...left }
    await Promise.race([this.look(), new Promise((resolve) => setTimeout(resolve, patienceMs).unref())])
    const inputs = this.#studies.inputs()
    const found = await this.#find(current, inputs)
    for (const id of inputs.keys()) {
      if (this.#gone.has(id)) left.gone++
      else if (!this.#known.has(id)) left.waiting++
    }
    return { ...describePriors(current, found, mostPriors), ...left }
  }

  /** Looks into the files that are new, once at a time. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null
    })
    return this.#looking
  }

  async #look(): Promise<void> {
    const inputs = this.#studies.inputs()
    for (const studyId of this.#known.keys()) if (!inputs.has(studyId)) this.#known.delete(studyId)
    const unknown = [...inputs].filter(([studyId]) => !this.#known.has(studyId))
    await forEachConcurrently(unknown, parallel, async ([studyId, paths]) => {
      const examination = await this.#examineHead(studyId, paths)
      if (examination) {
        this.#gone.delete(studyId)
        // What the very file has said meanwhile stands.
        if (!this.#known.has(studyId)) this.#known.set(studyId, { examination, isVerified: false })
      } else this.#gone.add(studyId)
    })
  }

  /** The priors among what is known, the newest of them held against the digest of their files. */
  async #find(current: Examination, inputs: ReadonlyMap<string, unknown>): Promise<FoundPrior[]> {
    const found: FoundPrior[] = []
    const candidates = [...this.#known]
      .filter(([studyId, { examination }]) => inputs.has(studyId) && isPrior(examination, current))
      .sort(([, a], [, b]) => (a.examination.date! < b.examination.date! ? 1 : -1))
    for (const [studyId] of candidates) {
      if (found.length === mostPriors) break
      const examination = await this.#verified(studyId)
      if (!examination || !isPrior(examination, current)) continue
      const row = await this.#studies.row(studyId)
      found.push({ studyId, examination, isAnalysed: row !== null && row.outcome !== 'not-analysed' })
    }
    return found
  }

  /**
   * What the very bytes say that were screened: where another file lies in the place of one by now, its patient must not
   * be taken for that of the result.
   */
  async #verified(studyId: string): Promise<Examination | null> {
    const known = this.#known.get(studyId)
    if (known?.isVerified) return known.examination
    const bytes = await this.#studies.source(studyId)
    if (!bytes) {
      this.#known.delete(studyId)
      this.#gone.add(studyId)
      return null
    }
    const examination = examinationOf(describeSource(bytes)?.identity ?? null, this.#key)
    this.#gone.delete(studyId)
    this.#known.set(studyId, { examination, isVerified: true })
    return examination
  }

  async #examineHead(studyId: string, paths: readonly string[]): Promise<Examination | null> {
    for (const path of paths) {
      const head = await readHead(path)
      if (!head) continue
      const described = describeSource(head)
      if (described) return examinationOf(described.identity, this.#key)
      // A deflated data set says nothing before its end.
      return this.#verified(studyId)
    }
    return null
  }
}

async function readHead(path: string): Promise<Uint8Array | null> {
  try {
    const file = await open(encodePath(path), 'r')
    try {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0)
      return new Uint8Array(buffer.buffer, buffer.byteOffset, bytesRead)
    } finally {
      await file.close()
    }
  } catch {
    return null
  }
}
