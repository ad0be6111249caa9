import type { Priors } from '../../contract/priors.ts'
import type { Prior } from './use-prior.ts'

const unknownWords: Record<NonNullable<Priors['unknown']>, string> = {
  'no-patient-identifier': 'The file names no patient identifier: priors cannot be found.',
  'no-study-date': 'The file has no study date: what is earlier cannot be known.',
  'file-gone': 'The file is gone, or another lies in its place: priors cannot be found.',
  'not-offered': 'This console does not look for priors.',
}

/** '63 days before', in the unit that says it. */
export function describeInterval(days: number): string {
  if (days === 0) return 'the same day'
  if (days < 90) return `${days} day${days === 1 ? '' : 's'} before`
  if (days < 730) return `${Math.round(days / 30.44)} months before`
  return `${Math.round(days / 365.25)} years before`
}

const countWords = (count: number, words: string): string => `${count} image${count === 1 ? '' : 's'} ${words}`

/** Whether there are priors, which one is beside the picture, and what is not known. */
export function PriorPanel({ prior }: { prior: Prior }) {
  const { answer, problem, chosen, choose, isWanted, toggle, swap } = prior
  return (
    <section class="prior-panel" aria-label="Prior">
      <h2>Prior</h2>
      {chosen ? (
        <>
          <label class="choice-of-prior">
            Earlier examination
            <select value={chosen.studyId} onChange={(event) => choose(event.currentTarget.value)}>
              {answer!.priors.map(({ studyId, studyDate, daysBefore, isAnalysed }) => (
                <option key={studyId} value={studyId}>
                  {studyDate}, {describeInterval(daysBefore)}
                  {isAnalysed ? '' : ', not analysed'}
                </option>
              ))}
            </select>
          </label>
          <button type="button" aria-pressed={isWanted} onClick={toggle}>
            Side by side (V)
          </button>{' '}
          <button type="button" disabled={!isWanted} onClick={swap}>
            Swap sides (T)
          </button>
          {answer!.isIssuerKnown ? null : (
            <p class="caution">The files name no issuer: found by the patient identifier alone.</p>
          )}
        </>
      ) : (
        <p role="status">{problem ?? (answer ? noneWords(answer) : 'Looking for priors …')}</p>
      )}
      {answer && answer.unknown === null ? <p class="caution">{incompleteWords(answer)}</p> : null}
    </section>
  )
}

const noneWords = ({ unknown, waiting }: Priors): string => {
  if (unknown) return unknownWords[unknown]
  return waiting > 0 ? 'None found yet.' : 'No earlier examination of this patient is among the results.'
}

function incompleteWords({ waiting, gone }: Priors): string {
  return [
    ...(waiting > 0 ? [`${countWords(waiting, 'not looked into yet.')}`] : []),
    ...(gone > 0 ? [`${countWords(gone, 'whose files are gone: of which patient is not known.')}`] : []),
  ].join(' ')
}
