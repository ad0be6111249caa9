import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import type { MonthUsage } from '../../contract/month-usage.ts'
import type { Operations, OperationsSpread } from '../../contract/operations.ts'
import type { WorklistRow } from '../../contract/worklist.ts'
import { duration } from '../format.ts'
import { Navigation } from '../navigation.tsx'
import { describeError, request } from '../request.ts'
import { useAnswer } from '../use-answer.ts'

const refreshMs = 10_000

/** How the screening runs on this machine. */
export function OperationsPage({ rows }: { rows: readonly WorklistRow[] }) {
  const { answer, problem } = useAnswer<Operations>('/api/operations', refreshMs)
  return (
    <main class="figures">
      <header>
        <h1>Operations</h1>
        <Navigation place="operations" />
      </header>
      <p role="alert">{problem}</p>
      {answer ? (
        <>
          <Waiting {...answer} />
          <Failures studyIds={answer.failures} rows={rows} />
          <Days days={answer.days} undated={answer.undated} />
          <Rejections rejections={answer.rejections} setAside={answer.setAside} />
          <Drift {...answer.drift} />
          {answer.usage ? <Usage {...answer.usage} /> : null}
          <Models models={answer.models} />
          <Stages stages={answer.stages} isBilled={answer.usage !== null} />
        </>
      ) : (
        <p class="empty">{problem ? '' : 'Loading …'}</p>
      )}
    </main>
  )
}

function Waiting({ waiting, turnaround, failures, drift, images }: Operations) {
  const isTested = drift.tests.some(({ status }) => status !== 'not-tested')
  return (
    <dl class="tiles">
      <Tile name="Suspected, unread" value={String(waiting.first?.images ?? 0)} notes={waitingWords(waiting.first)} />
      <Tile name="Others, unread" value={String(waiting.inTurn?.images ?? 0)} notes={waitingWords(waiting.inTurn)} />
      <Tile
        name="From result to review"
        value={turnaround ? duration(turnaround.medianMs) : '–'}
        notes={
          turnaround
            ? [`median of ${turnaround.images}`, `95 % within ${duration(turnaround.p95Ms)}`]
            : ['nothing was reviewed']
        }
      />
      <Tile
        name="Failed"
        value={String(failures.length)}
        notes={[`of ${images} images`]}
        isAlarm={failures.length > 0}
      />
      <Tile
        name="Drift"
        value={!isTested ? 'not tested' : drift.alarms.length === 0 ? 'no alarm' : `${drift.alarms.length} alarms`}
        notes={isTested ? [] : ['too few images']}
        isAlarm={drift.alarms.length > 0}
      />
    </dl>
  )
}

const waitingWords = (spread: OperationsSpread): string[] =>
  spread ? [`the longest for ${duration(spread.longestMs)}`, `median ${duration(spread.medianMs)}`] : ['none waits']

interface TileProps {
  readonly name: string
  readonly value: string
  readonly notes: readonly string[]
  readonly isAlarm?: boolean
}

const Tile = ({ name, value, notes, isAlarm = false }: TileProps) => (
  <div>
    <dt>{name}</dt>
    <dd>
      <strong class={isAlarm ? 'alarm' : ''}>{value}</strong>
      {notes.map((note) => (
        <span key={note}>{note}</span>
      ))}
    </dd>
  </div>
)

/** Dead letters of one machine: the system failed, and says nothing of the picture. */
function Failures({ studyIds, rows }: { studyIds: readonly string[]; rows: readonly WorklistRow[] }) {
  const [said, setSaid] = useState<Readonly<Record<string, string>>>({})
  if (studyIds.length === 0) return null
  const names = new Map(rows.map((row) => [row.studyId, row.names[0]]))
  const screenAgain = async (studyId: string) => {
    const say = (words: string) => setSaid((before) => ({ ...before, [studyId]: words }))
    try {
      await request(`/api/studies/${studyId}/screening`, { method: 'POST' })
      say('screening …')
    } catch (error) {
      say(describeError(error))
    }
  }
  return (
    <section aria-label="Failed">
      <h2>Failed</h2>
      <p>
        The software failed over these; it says nothing of the pictures, which must be read in turn.{' '}
        <button type="button" onClick={() => studyIds.forEach(screenAgain)}>
          Screen all again
        </button>
      </p>
      <Table heads={['file', '']} numeric={[]}>
        {studyIds.map((studyId) => (
          <tr key={studyId}>
            <th scope="row">{names.get(studyId) ?? studyId}</th>
            <td>
              <button
                type="button"
                aria-label={`Screen again: ${names.get(studyId) ?? studyId}`}
                onClick={() => screenAgain(studyId)}
              >
                Screen again
              </button>{' '}
              <span role="status">{said[studyId]}</span>
            </td>
          </tr>
        ))}
      </Table>
    </section>
  )
}

function Days({ days, undated }: Pick<Operations, 'days' | 'undated'>) {
  const most = Math.max(1, ...days.map(({ analysed, rejected }) => analysed + rejected))
  return (
    <>
      <h2>The last {days.length} days (UTC)</h2>
      <Table heads={['day', 'analysed', 'suspected', 'rejected', 'reviews', '']} numeric={[1, 2, 3, 4]}>
        {days.map(({ day, analysed, suspected, rejected, reviews }) => (
          <tr key={day}>
            <th scope="row">{day}</th>
            <td class="number">{analysed}</td>
            <td class="number">{suspected}</td>
            <td class="number">{rejected}</td>
            <td class="number">{reviews}</td>
            <td>
              <svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                <rect width={(100 * (analysed + rejected)) / most} height="8" />
              </svg>
            </td>
          </tr>
        ))}
      </Table>
      {undated > 0 ? <p>{undated} more have no time: no result of them was stored.</p> : null}
    </>
  )
}

function Rejections({ rejections, setAside }: Pick<Operations, 'rejections' | 'setAside'>) {
  return (
    <>
      <h2>Not analysed, by reason</h2>
      {rejections.length === 0 ? <p>None.</p> : null}
      {rejections.length > 0 ? (
        <Table heads={['reason', 'images', 'what to do']} numeric={[1]}>
          {rejections.map(({ code, images, remedy }) => (
            <tr key={code}>
              <th scope="row">{code}</th>
              <td class="number">{images}</td>
              <td>{remedy}</td>
            </tr>
          ))}
        </Table>
      ) : null}
      {setAside > 0 ? <p>Set aside as no picture: {setAside}.</p> : null}
    </>
  )
}

const statusWords = { alarm: 'ALARM', calm: 'calm', 'not-tested': 'not tested' } as const

function Drift({ reference, current, tests }: Operations['drift']) {
  return (
    <>
      <h2>Drift</h2>
      <p>
        The {current.images} images of the last seven days against the {reference.images} before, as `pleura monitor`
        compares periods: an alarm is a difference that is neither chance nor small.
      </p>
      <Table heads={['figure', 'verdict', 'effect', 'alarm from', 'p adjusted', 'remark']} numeric={[3, 4]}>
        {tests.map(({ figure, status, effectName, effect, threshold, adjustedP, remark }) => (
          <tr key={figure}>
            <th scope="row">{figure}</th>
            <td class={status === 'alarm' ? 'alarm' : ''}>{statusWords[status]}</td>
            <td>{effect === null ? '–' : `${effectName} ${effect.toFixed(3)}`}</td>
            <td class="number">{threshold}</td>
            <td class="number">{adjustedP === null ? '–' : adjustedP.toPrecision(2)}</td>
            <td>{remark}</td>
          </tr>
        ))}
      </Table>
    </>
  )
}

const Models = ({ models }: Pick<Operations, 'models'>) => (
  <>
    <h2>Models</h2>
    <Table heads={['model', 'version', 'sha256', 'images', 'last used']} numeric={[3]}>
      {models.map(({ id, version, sha256, images, lastAt }) => (
        <tr key={id + sha256}>
          <th scope="row">{id}</th>
          <td>{version ?? '–'}</td>
          <td>{sha256.slice(0, 12)}</td>
          <td class="number">{images}</td>
          <td>{lastAt === null ? '–' : new Date(lastAt).toLocaleString()}</td>
        </tr>
      ))}
    </Table>
  </>
)

const Stages = ({ stages, isBilled }: Pick<Operations, 'stages'> & { isBilled: boolean }) => (
  <>
    <h2>Time per image</h2>
    {isBilled ? null : (
      <p>Nothing is billed on one machine, and there is no budget: what an image costs here is time.</p>
    )}
    <Table heads={['stage', 'images', 'median', '95 %', 'longest']} numeric={[1, 2, 3, 4]}>
      {stages.map(({ stage, spread }) => (
        <tr key={stage}>
          <th scope="row">{stage}</th>
          <td class="number">{spread?.images ?? 0}</td>
          {[spread?.medianMs, spread?.p95Ms, spread?.longestMs].map((time, at) => (
            <td class="number" key={at}>
              {time === undefined ? '–' : `${time.toFixed(0)} ms`}
            </td>
          ))}
        </tr>
      ))}
    </Table>
  </>
)

const dollars = new Intl.NumberFormat(undefined, { style: 'currency', currency: 'USD' })
const ofLimit = (used: string, limit: string | null): string =>
  limit === null ? `${used}, no limit` : `${used} of ${limit}`

/** What a tenant has used of what was agreed with it. */
function Usage({
  month,
  admitted,
  quotaImages,
  spentUsd,
  budgetUsd,
  billed,
  damagedReceipts,
  estimatedCostUsd,
}: MonthUsage) {
  const rows: [what: string, words: string, isAlarm: boolean][] = [
    [
      'images of the quota',
      ofLimit(String(admitted), quotaImages?.toString() ?? null),
      isReached(admitted, quotaImages),
    ],
    [
      'of the budget',
      ofLimit(dollars.format(spentUsd), budgetUsd === null ? null : dollars.format(budgetUsd)),
      isReached(spentUsd, budgetUsd),
    ],
    ['billed: suspected', String(billed.suspected), false],
    ['billed: not suspected', String(billed.notSuspected), false],
    ['machines, estimated', dollars.format(estimatedCostUsd), false],
  ]
  return (
    <section aria-label="Usage">
      <h2>Usage in {month} (UTC)</h2>
      <p>
        Quota and budget count every image that was admitted, rejected ones too. Beyond a limit images are answered as
        not analysed: quota-exceeded or budget-stop.
      </p>
      <Table heads={['what', 'this month']} numeric={[1]}>
        {rows.map(([what, words, isAlarm]) => (
          <tr key={what}>
            <th scope="row">{what}</th>
            <td class={isAlarm ? 'number alarm' : 'number'}>
              {words}
              {isAlarm ? ': reached' : ''}
            </td>
          </tr>
        ))}
      </Table>
      {damagedReceipts > 0 ? (
        <p class="alarm">{damagedReceipts} receipts cannot be read: `pleura usage` names them.</p>
      ) : null}
    </section>
  )
}

const isReached = (used: number, limit: number | null): boolean => limit !== null && used >= limit

interface TableProps {
  readonly heads: readonly string[]
  /** Columns of numbers. */
  readonly numeric: readonly number[]
  readonly children: ComponentChildren
}

const Table = ({ heads, numeric, children }: TableProps) => (
  <table>
    <thead>
      <tr>
        {heads.map((head, column) =>
          head === '' ? (
            <td key={column} />
          ) : (
            <th scope="col" key={head} class={numeric.includes(column) ? 'number' : ''}>
              {head}
            </th>
          ),
        )}
      </tr>
    </thead>
    <tbody>{children}</tbody>
  </table>
)
