import { access } from 'node:fs/promises'
import { encodePath } from '../../adapters/embedded/path-bytes.ts'
import type { Redrive } from '../../console/api/console-ports.ts'
import { systemFailure } from '../study-screener.ts'
import type { FolderStudies } from './folder-studies.ts'

/** Screens again what the system failed over, from where the file was. */
export class FolderRedrive implements Redrive {
  readonly #studies: Pick<FolderStudies, 'row' | 'inputOf'>
  readonly #screen: (path: string) => void
  readonly #findEndlessWriter: () => Promise<string | null>
  /** Begun, and its line not there yet: the row still says what it said. */
  readonly #underWay = new Map<string, unknown>()

  /**
   * @param screen Has a file screened, and does not wait
   * @param findEndlessWriter A program that holds the output folder and does not give it back
   */
  constructor(
    studies: Pick<FolderStudies, 'row' | 'inputOf'>,
    screen: (path: string) => void,
    findEndlessWriter: () => Promise<string | null>,
  ) {
    this.#studies = studies
    this.#screen = screen
    this.#findEndlessWriter = findEndlessWriter
  }

  async screenAgain(studyId: string): Promise<'begun' | 'not-failed' | 'file-gone' | 'folder-in-use'> {
    const row = await this.#studies.row(studyId)
    const input = this.#studies.inputOf(studyId)
    if (row?.reason?.code !== systemFailure || input === null) return 'not-failed'
    const isThere = await access(encodePath(input)).then(
      () => true,
      () => false,
    )
    if (!isThere) return 'file-gone'
    if (await this.#findEndlessWriter()) return 'folder-in-use'
    // A second press while the first is under way screens nothing twice: each line makes a new row.
    if (this.#underWay.get(studyId) !== row) {
      this.#underWay.set(studyId, row)
      this.#screen(input)
    }
    return 'begun'
  }
}
