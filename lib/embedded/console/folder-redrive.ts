import { access } from 'node:fs/promises'
import { encodePath } from '../../adapters/embedded/path-bytes.ts'
import type { Redrive } from '../../console/api/console-ports.ts'
import { systemFailure } from '../study-screener.ts'
import type { FolderStudies } from './folder-studies.ts'

/** Screens again what the system failed over, from where the file was. */
export class FolderRedrive implements Redrive {
  readonly #studies: Pick<FolderStudies, 'row' | 'inputOf'>
  readonly #screen: (path: string) => void
  /** Begun, and its line not there yet: the row still says what it said. */
  readonly #underWay = new Map<string, unknown>()

  /** @param screen Has a file screened, and does not wait. */
  constructor(studies: Pick<FolderStudies, 'row' | 'inputOf'>, screen: (path: string) => void) {
    this.#studies = studies
    this.#screen = screen
  }

  async screenAgain(studyId: string): Promise<'begun' | 'not-failed' | 'file-gone'> {
    const row = await this.#studies.row(studyId)
    const input = this.#studies.inputOf(studyId)
    if (row?.reason?.code !== systemFailure || input === null) return 'not-failed'
    const isThere = await access(encodePath(input)).then(
      () => true,
      () => false,
    )
    if (!isThere) return 'file-gone'
    // A second press while the first is under way screens nothing twice: each line makes a new row.
    if (this.#underWay.get(studyId) !== row) {
      this.#underWay.set(studyId, row)
      this.#screen(input)
    }
    return 'begun'
  }
}
