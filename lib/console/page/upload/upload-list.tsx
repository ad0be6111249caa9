import { isUnderWay, type UploadItem, type Uploads } from './use-uploads.ts'

const stateWords: Record<UploadItem['state'], string> = {
  waiting: 'waiting',
  sending: 'sending',
  screening: 'being screened',
  done: 'screened',
  'not-analysed': 'Not analysed',
  failed: 'not sent',
  cancelled: 'cancelled',
}

/** Rows shown at most: what needs the sender's hand comes first. */
const rowsShown = 50
const urgency: Record<UploadItem['state'], number> = {
  failed: 0,
  'not-analysed': 1,
  cancelled: 2,
  sending: 3,
  screening: 4,
  waiting: 5,
  done: 6,
}

export function UploadList({ uploads }: { uploads: Uploads }) {
  const { items } = uploads
  if (items.length === 0) return null
  const finished = items.filter((item) => !isUnderWay(item)).length
  const shown = [...items].sort((a, b) => urgency[a.state] - urgency[b.state]).slice(0, rowsShown)
  return (
    <section class="uploads" aria-label="Uploads">
      <header>
        <h2>Uploads</h2>
        <p role="status">
          {finished} of {items.length} finished
        </p>
        <button type="button" disabled={finished === 0} onClick={uploads.clearFinished}>
          Clear finished
        </button>
      </header>
      <ul>
        {shown.map((item) => (
          <li key={item.id} class={item.state}>
            <span class="file">{item.name}</span>
            <progress value={item.share} aria-label={`${item.name}, sent`} />
            <span>
              {stateWords[item.state]}
              {item.words ? `: ${item.words}` : ''}
            </span>
            {isUnderWay(item) ? (
              <button type="button" onClick={() => uploads.cancel(item.id)}>
                Cancel
              </button>
            ) : null}
            {item.state === 'failed' || item.state === 'cancelled' ? (
              <button type="button" onClick={() => uploads.retry(item.id)}>
                Retry
              </button>
            ) : null}
          </li>
        ))}
      </ul>
      {items.length > rowsShown ? <p>{items.length - rowsShown} more</p> : null}
    </section>
  )
}
