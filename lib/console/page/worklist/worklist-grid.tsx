import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { WorklistRow } from '../../contract/worklist.ts'
import { duration, percent, sideWords } from '../format.ts'
import { OutcomeBadge } from '../outcome-badge.tsx'
import { describePriority, priorityWords } from '../priority-words.ts'

/** As in styles/worklist.css. Unit: pixels. */
const rowHeight = 40
/** Rows drawn beyond the edges, so that scrolling shows no gap. */
const rowsBeyond = 6

const columns = ['Read', 'Outcome', 'Probability', 'Side', 'File', 'View', 'Waiting', 'Reading'] as const
const numeric = new Set<string>(['Probability', 'Waiting'])
const readingWords: Record<WorklistRow['reading'], string> = {
  unread: 'unread',
  'in-reading': 'in reading',
  done: 'done',
}

interface Props {
  readonly rows: readonly WorklistRow[]
  /** Unit: ms since the epoch. */
  readonly now: number
  readonly emptyText: string
  /** A study id; the first row where it is of none. */
  readonly selected: string | null
  readonly onSelect: (studyId: string) => void
}

/** All rows to the keyboard and to a screen reader's count, but only those in sight in the document. */
export function WorklistGrid({ rows, now, emptyText, selected, onSelect }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const { first, count } = useRowsInSight(box, rows.length)
  const at = Math.max(
    0,
    rows.findIndex(({ studyId }) => studyId === selected),
  )

  const moveTo = (wanted: number) => {
    const index = Math.min(rows.length - 1, Math.max(0, wanted))
    onSelect(rows[index].studyId)
    keepInSight(box.current!, index)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (rows.length === 0) return
    const page = Math.max(1, Math.floor((box.current!.clientHeight - rowHeight) / rowHeight))
    const moves: Record<string, () => void> = {
      ArrowDown: () => moveTo(at + 1),
      ArrowUp: () => moveTo(at - 1),
      PageDown: () => moveTo(at + page),
      PageUp: () => moveTo(at - page),
      Home: () => moveTo(0),
      End: () => moveTo(rows.length - 1),
      Enter: () => open(rows[at]),
    }
    if (!moves[event.key]) return
    event.preventDefault()
    moves[event.key]()
  }
  useEffect(() => {
    box.current?.focus({ preventScroll: true })
    keepInSight(box.current!, at)
  }, [])

  return (
    <div
      ref={box}
      class="grid"
      role="grid"
      aria-label="Studies"
      aria-rowcount={rows.length + 1}
      aria-activedescendant={rows.length > 0 ? `row-${rows[at].studyId}` : undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <div role="rowgroup" class="grid-head">
        <div role="row" class="grid-row" aria-rowindex={1}>
          {columns.map((column) => (
            <div role="columnheader" key={column} class={numeric.has(column) ? 'number' : ''}>
              {column}
            </div>
          ))}
        </div>
      </div>
      {rows.length === 0 ? (
        <div role="rowgroup">
          <div role="row" class="empty">
            <div role="gridcell">{emptyText}</div>
          </div>
        </div>
      ) : (
        <div role="rowgroup" class="grid-body" ref={(element) => setHeight(element, rows.length * rowHeight)}>
          {rows.slice(first, first + count).map((row, offset) => (
            <Row
              key={row.studyId}
              row={row}
              index={first + offset}
              now={now}
              isSelected={first + offset === at}
              onSelect={() => onSelect(row.studyId)}
            />
          ))}
        </div>
      )}
    </div>
  )
}

interface RowProps {
  readonly row: WorklistRow
  readonly index: number
  readonly now: number
  readonly isSelected: boolean
  readonly onSelect: () => void
}

function Row({ row, index, now, isSelected, onSelect }: RowProps) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid around it has the keys
    <div
      role="row"
      id={`row-${row.studyId}`}
      class={`grid-row ${row.reading}`}
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      tabIndex={-1}
      ref={(element) => setTop(element, index * rowHeight)}
      onMouseDown={onSelect}
      onClick={() => open(row)}
    >
      <div role="gridcell" class={`priority ${row.priority}`} title={describePriority(row)}>
        {priorityWords[row.priority]}
      </div>
      <div role="gridcell">
        <OutcomeBadge row={row} />
      </div>
      <div role="gridcell" class="number">
        {row.probability === null ? '–' : percent(row.probability)}
      </div>
      <div role="gridcell">{row.side ? sideWords[row.side] : '–'}</div>
      <div role="gridcell" class="file" title={row.names.join('\n')}>
        {row.names[0]}
        {row.names.length > 1 ? ` (+${row.names.length - 1})` : ''}
      </div>
      <div role="gridcell">{row.viewPosition ?? '–'}</div>
      <div role="gridcell" class="number">
        {row.waitingSince === null ? 'unknown' : duration(now - Date.parse(row.waitingSince))}
      </div>
      <div role="gridcell">{readingWords[row.reading]}</div>
    </div>
  )
}

const open = (row: WorklistRow): void => {
  location.hash = `#/studies/${row.studyId}`
}

function useRowsInSight(box: { current: HTMLDivElement | null }, total: number): { first: number; count: number } {
  const [sight, setSight] = useState({ top: 0, height: 800 })
  useLayoutEffect(() => {
    const element = box.current!
    const look = () => setSight({ top: element.scrollTop, height: element.clientHeight })
    look()
    element.addEventListener('scroll', look, { passive: true })
    const observer = new ResizeObserver(look)
    observer.observe(element)
    return () => {
      element.removeEventListener('scroll', look)
      observer.disconnect()
    }
  }, [box])
  const count = Math.ceil(sight.height / rowHeight) + 2 * rowsBeyond
  const first = Math.floor(sight.top / rowHeight) - rowsBeyond
  return { first: Math.max(0, Math.min(first, total - count)), count }
}

/** The head covers the first row's height of the box. */
function keepInSight(box: HTMLDivElement, index: number): void {
  const top = index * rowHeight
  const height = box.clientHeight - rowHeight
  if (top < box.scrollTop) box.scrollTop = top
  else if (top + rowHeight > box.scrollTop + height) box.scrollTop = top + rowHeight - height
}

// The policy of the page allows no style in the document; through the object model it does.
const setHeight = (element: HTMLElement | null, pixels: number): void => {
  if (element) element.style.height = `${pixels}px`
}
const setTop = (element: HTMLElement | null, pixels: number): void => {
  if (element) element.style.transform = `translateY(${pixels}px)`
}
