import { useEffect, useRef } from 'preact/hooks'
import type { WorklistRow } from '../../contract/worklist.ts'
import { Navigation } from '../navigation.tsx'
import { DropZone } from '../upload/drop-zone.tsx'
import { UploadList } from '../upload/upload-list.tsx'
import type { Uploads } from '../upload/use-uploads.ts'
import type { Worklist } from './use-worklist.ts'
import { WorklistFilters } from './worklist-filters.tsx'
import { WorklistGrid } from './worklist-grid.tsx'
import type { WorklistFilter } from './worklist-order.ts'

interface Props {
  readonly worklist: Worklist
  readonly rows: readonly WorklistRow[]
  readonly filter: WorklistFilter
  readonly onFilter: (filter: WorklistFilter) => void
  readonly selected: string | null
  readonly onSelect: (studyId: string) => void
  readonly uploads: Uploads
}

export function WorklistPage({ worklist, rows, filter, onFilter, selected, onSelect, uploads }: Props) {
  const search = useRef<HTMLInputElement>(null)
  useEffect(() => {
    const toSearch = (event: KeyboardEvent) => {
      if (event.key !== '/' || event.target instanceof HTMLInputElement) return
      event.preventDefault()
      search.current?.focus()
    }
    addEventListener('keydown', toSearch)
    return () => removeEventListener('keydown', toSearch)
  }, [])
  return (
    <DropZone onFiles={uploads.add}>
      <main class="worklist">
        <header>
          <h1>Worklist</h1>
          <Navigation place="worklist" />
          <p class="summary" role="status">
            {summaryOf(worklist)}
          </p>
          <UploadButtons onFiles={uploads.add} />
        </header>
        <UploadList uploads={uploads} />
        <WorklistFilters all={worklist.rows} filter={filter} onFilter={onFilter} searchRef={search} />
        <WorklistGrid
          rows={rows}
          now={worklist.at}
          emptyText={emptyTextOf(worklist)}
          selected={selected}
          onSelect={onSelect}
        />
      </main>
    </DropZone>
  )
}

function summaryOf({ rows, state, setAside }: Worklist): string {
  if (state === 'loading') return 'Loading …'
  const open = rows.filter(({ reading }) => reading !== 'done')
  const count = (wanted: (row: WorklistRow) => boolean): number => open.filter(wanted).length
  const urgent = count(({ priority }) => priority === 'urgent')
  const words = [
    `${open.length} of ${rows.length} to be read`,
    ...(urgent > 0 ? [`${urgent} urgent`] : []),
    `${count(({ outcome }) => outcome === 'suspected')} suspected`,
    `${count(({ outcome }) => outcome === 'not-analysed')} not analysed`,
  ]
  if (setAside > 0) words.push(`set aside as no picture: ${setAside}`)
  if (state === 'stale') words.push('no answer from the server: this list may be old')
  return words.join(' · ')
}

const emptyTextOf = ({ rows, state }: Worklist): string =>
  state === 'loading'
    ? 'Loading …'
    : rows.length === 0
      ? 'Nothing here yet. Drop radiographs anywhere on this page, or choose them above.'
      : 'No row is as the filters say.'

function UploadButtons({ onFiles }: { onFiles: (files: readonly File[]) => void }) {
  const take = (event: Event) => {
    const input = event.currentTarget as HTMLInputElement
    onFiles([...(input.files ?? [])])
    input.value = ''
  }
  return (
    <div class="upload-buttons">
      <label class="button">
        Upload files
        <input type="file" multiple onChange={take} />
      </label>
      <label class="button">
        Upload a folder
        <input type="file" multiple ref={chooseFolders} onChange={take} />
      </label>
    </div>
  )
}

/** Not in the standard's list of attributes, but in every browser. */
const chooseFolders = (input: HTMLInputElement | null): void => {
  if (input) input.webkitdirectory = true
}
