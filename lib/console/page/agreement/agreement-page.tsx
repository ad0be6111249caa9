import { useState } from 'preact/hooks'
import type { Agreement, AgreementAccuracy, AgreementMeasure } from '../../contract/agreement.ts'
import { Navigation } from '../navigation.tsx'
import { outcomeWords } from '../outcome-badge.tsx'
import { useAnswer } from '../use-answer.ts'
import { IntervalPlot } from './interval-plot.tsx'

/** How the results hold against what readers see, all in all, over time and by reader. */
export function AgreementPage() {
  const [per, setPer] = useState<Agreement['per']>('week')
  const [reader, setReader] = useState('')
  const { answer, problem } = useAnswer<Agreement>(`/api/agreement?per=${per}`)
  const shown = answer && (answer.reviewers.find(({ reviewer }) => reviewer === reader) ?? answer.everybody)
  return (
    <main class="figures">
      <header>
        <h1>Agreement</h1>
        <Navigation place="agreement" />
      </header>
      <p role="alert">{problem}</p>
      {answer && shown ? (
        <>
          <Caution {...answer} />
          <div class="choices">
            <label>
              Read by
              <select value={reader} onChange={(event) => setReader(event.currentTarget.value)}>
                <option value="">everybody</option>
                {answer.reviewers.map(({ reviewer }) => (
                  <option key={reviewer}>{reviewer}</option>
                ))}
              </select>
            </label>
            <label>
              Over time by
              <select
                value={per}
                onChange={(event) => setPer(event.currentTarget.value === 'month' ? 'month' : 'week')}
              >
                <option value="week">week</option>
                <option value="month">month</option>
              </select>
            </label>
          </div>
          <Tiles {...shown.all} />
          <IntervalPlot periods={shown.periods} per={answer.per} />
          <h2>By {answer.per}</h2>
          <AccuracyTable head={`${answer.per} from`} rows={shown.periods.map((period) => [period.from, period])} />
          <h2>By reader</h2>
          <AccuracyTable head="reader" rows={answer.reviewers.map(({ reviewer, all }) => [reviewer, all])} />
        </>
      ) : (
        <p class="empty">{problem ? '' : 'Loading …'}</p>
      )}
    </main>
  )
}

/** What the figures do not say, and of how much they are. */
function Caution({ read, left }: Agreement) {
  const share = (outcome: Agreement['read'][number]['outcome']): string => {
    const { images, read: those } = read.find((one) => one.outcome === outcome)!
    return `${outcomeWords[outcome].toLowerCase()} ${those} of ${images}`
  }
  const leftOut = [
    `${left.differing} on which readers differ`,
    `${left.undecided} undecided`,
    `${left.notAnalysed} not analysed`,
  ]
  return (
    <p class="remedy">
      Of read images only: {share('suspected')}, {share('not-suspected')}, {share('not-analysed')}. Where mostly the
      suspected are read, sensitivity and NPV look better than they are: what was missed among the unread is not in
      them. Left out: {leftOut.join(', ')}.
    </p>
  )
}

const measures = [
  ['sensitivity', 'Sensitivity', 'with pneumothorax'],
  ['specificity', 'Specificity', 'without'],
  ['positivePredictiveValue', 'PPV', 'suspected'],
  ['negativePredictiveValue', 'NPV', 'not suspected'],
] as const

function Tiles(accuracy: AgreementAccuracy) {
  return (
    <dl class="tiles">
      {measures.map(([key, words, of]) => (
        <div key={key}>
          <dt>{words}</dt>
          <dd>
            <strong>{valueWords(accuracy[key])}</strong>
            <span>{intervalWords(accuracy[key])}</span>
            <span>
              of {accuracy[key].images} {of}
            </span>
            {accuracy[key].value !== null && isUncertain(accuracy[key]) ? (
              <span class="few">few cases: this can be chance</span>
            ) : null}
          </dd>
        </div>
      ))}
    </dl>
  )
}

function AccuracyTable({ head, rows }: { head: string; rows: readonly (readonly [string, AgreementAccuracy])[] }) {
  if (rows.length === 0) return <p class="empty">Nothing was read yet.</p>
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">{head}</th>
          {['true +', 'false +', 'true −', 'false −'].map((words) => (
            <th scope="col" class="number" key={words}>
              {words}
            </th>
          ))}
          {measures.map(([key, words]) => (
            <th scope="col" class="number" key={key}>
              {words}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(([name, accuracy]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td class="number">{accuracy.truePositives}</td>
            <td class="number">{accuracy.falsePositives}</td>
            <td class="number">{accuracy.trueNegatives}</td>
            <td class="number">{accuracy.falseNegatives}</td>
            {measures.map(([key]) => (
              <td class={`number ${isUncertain(accuracy[key]) ? 'few' : ''}`} key={key}>
                {valueWords(accuracy[key])} {intervalWords(accuracy[key])}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** An interval wider than this says little. */
const wideInterval = 0.2

const isUncertain = ({ lower, upper }: AgreementMeasure): boolean =>
  lower === null || upper === null || upper - lower > wideInterval

const hundredths = (share: number): string => (share * 100).toFixed(0)
const valueWords = ({ value }: AgreementMeasure): string => (value === null ? '–' : `${hundredths(value)} %`)
const intervalWords = ({ lower, upper }: AgreementMeasure): string =>
  lower === null || upper === null ? 'no case' : `(${hundredths(lower)}–${hundredths(upper)} %)`
