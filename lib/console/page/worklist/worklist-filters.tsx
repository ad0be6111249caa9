import type { RefObject } from 'preact'
import type { WorklistRow } from '../../contract/worklist.ts'
import { outcomeWords } from '../outcome-badge.tsx'
import { defaultFilter, type OutcomeKind, type WorklistFilter } from './worklist-order.ts'

interface Props {
  readonly all: readonly WorklistRow[]
  readonly filter: WorklistFilter
  readonly onFilter: (filter: WorklistFilter) => void
  readonly searchRef: RefObject<HTMLInputElement | null>
}

export function WorklistFilters({ all, filter, onFilter, searchRef }: Props) {
  const set = (name: keyof WorklistFilter) => (event: Event) =>
    onFilter({ ...filter, [name]: (event.currentTarget as HTMLInputElement | HTMLSelectElement).value })
  const codes = distinct(all.map(({ reason }) => reason?.code))
  const views = distinct(all.map(({ viewPosition }) => viewPosition ?? 'unknown'))
  return (
    <search class="filters">
      <label>
        Search
        <input
          ref={searchRef}
          type="search"
          placeholder="id or file name  ( / )"
          value={filter.text}
          onInput={set('text')}
        />
      </label>
      <label>
        Outcome
        <select value={filter.outcome} onChange={set('outcome')}>
          <option value="">all</option>
          {(Object.keys(outcomeWords) as OutcomeKind[]).map((kind) => (
            <option key={kind} value={kind}>
              {outcomeWords[kind]}
            </option>
          ))}
          {codes.map((code) => (
            <option key={code} value={`not-analysed:${code}`}>
              Not analysed: {code}
            </option>
          ))}
        </select>
      </label>
      <label>
        View
        <select value={filter.view} onChange={set('view')}>
          <option value="">all</option>
          {views.map((view) => (
            <option key={view}>{view}</option>
          ))}
        </select>
      </label>
      <label>
        Reading
        <select value={filter.reading} onChange={set('reading')}>
          <option value="">all</option>
          <option value="unread">unread</option>
          <option value="in-reading">in reading</option>
          <option value="done">done</option>
        </select>
      </label>
      <label>
        Waiting since
        <input type="date" value={filter.since} onInput={set('since')} />
      </label>
      <label>
        Order
        <select value={filter.order} onChange={set('order')}>
          <option value="priority">what to read first</option>
          <option value="probability">probability</option>
          <option value="newest">newest</option>
        </select>
      </label>
      <button type="button" disabled={filter === defaultFilter} onClick={() => onFilter(defaultFilter)}>
        Clear
      </button>
    </search>
  )
}

const distinct = (values: readonly (string | undefined)[]): string[] =>
  [...new Set(values.filter((value) => value !== undefined))].sort()
