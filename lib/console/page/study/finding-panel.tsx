import type { Study } from '../../contract/study.ts'
import { percent, sideWords } from '../format.ts'
import { planeWords } from '../viewer/plane-words.ts'

type Result = NonNullable<Study['result']>

/** What was found, by what, and how far it can be believed. */
export function FindingPanel({ heading, study: { row, result } }: { heading: string; study: Study }) {
  return (
    <section class="finding" aria-label={heading}>
      <h2>{heading}</h2>
      {row.reason ? (
        <p class="remedy">
          <strong>Not analysed: this says nothing about the patient.</strong> {row.reason.remedy}
        </p>
      ) : null}
      {result?.classification ? <Probability {...result.classification} /> : null}
      {result?.segmentation ? <Region segmentation={result.segmentation} isDiscordant={result.discordant} /> : null}
      {result ? <Circumstances result={result} /> : null}
    </section>
  )
}

function Probability({ probability, operatingPoint }: NonNullable<Result['classification']>) {
  const { threshold, id } = operatingPoint
  const times = probability / threshold
  return (
    <>
      <p class="probability">
        <strong>{percent(probability)}</strong> calibrated probability
      </p>
      <svg
        class="scale"
        viewBox="0 0 200 12"
        role="img"
        aria-label={`Probability ${percent(probability)}, operating point ${percent(threshold)}`}
      >
        <rect class="track" x="0" y="4" width="200" height="4" />
        <rect class="value" x="0" y="4" width={200 * probability} height="4" />
        <path class="threshold" d={`M${200 * threshold} 0v12`} />
      </svg>
      <p>
        Operating point “{id}”: {percent(threshold)}; this is {times.toFixed(1)} times it. Where the calibration holds,
        about {Math.round(probability * 1000)} of 1,000 pictures with this probability show a pneumothorax.
      </p>
    </>
  )
}

const basisWords = {
  'patient-orientation': '',
  'assumed-standard-display': ' (the file does not say its orientation: standard display assumed)',
  unknown: '',
} as const

function Region({
  segmentation,
  isDiscordant,
}: {
  segmentation: NonNullable<Result['segmentation']>
  isDiscordant: boolean
}) {
  if (isDiscordant) {
    return (
      <p class="remedy">
        The classifier suspects a pneumothorax, the segmenter delineates none: there is no region to point at. Read it
        with care.
      </p>
    )
  }
  const { areaMm2, areaPlane, maskAreaPixels, side, sideBasis, components } = segmentation
  const area = areaMm2 === null ? `${maskAreaPixels} pixels` : `${(areaMm2 / 100).toFixed(1)} cm²`
  return (
    <p>
      Region{components.length === 1 ? '' : 's'}: {components.length}, {area}
      {areaPlane ? planeWords[areaPlane] : ''},{' '}
      {side
        ? `${sideWords[side]}${basisWords[sideBasis]}`
        : 'side unknown: the orientation in the file is not understood'}
    </p>
  )
}

function Circumstances({ result }: { result: Result }) {
  const { warnings, models, software, analysedAt, source, imageId } = result
  return (
    <>
      {warnings.length > 0 ? <p>Warnings: {warnings.join(', ')}</p> : null}
      <details>
        <summary>Models, versions, identifiers</summary>
        <dl>
          {models.map(({ id, version, sha256 }) => (
            <div key={id}>
              <dt>{id}</dt>
              <dd>
                {version}, {sha256.slice(0, 12)}
              </dd>
            </div>
          ))}
          <div>
            <dt>Pleura</dt>
            <dd>{software.version}</dd>
          </div>
          <div>
            <dt>Analysed</dt>
            <dd>{new Date(analysedAt).toLocaleString()}</dd>
          </div>
          <div>
            <dt>Image id</dt>
            <dd>{imageId}</dd>
          </div>
          {source?.studyInstanceUid ? (
            <div>
              <dt>Study Instance UID</dt>
              <dd>{source.studyInstanceUid}</dd>
            </div>
          ) : null}
          {source?.sopInstanceUid ? (
            <div>
              <dt>SOP Instance UID</dt>
              <dd>{source.sopInstanceUid}</dd>
            </div>
          ) : null}
        </dl>
      </details>
    </>
  )
}
