import type { Agreement, AgreementMeasure, AgreementOverTime } from '../../contract/agreement.ts'

const panel = { width: 560, height: 150, left: 44, bottom: 24, top: 8 }
/** More periods than this are not told apart. */
const mostPeriods = 26

interface Props {
  readonly periods: AgreementOverTime['periods']
  readonly per: Agreement['per']
}

/** Sensitivity and specificity of the latest periods, each a dot with its interval. The table below has the numbers. */
export function IntervalPlot({ periods, per }: Props) {
  const latest = periods.slice(-mostPeriods)
  if (latest.length === 0) return null
  return (
    <div class="plots">
      <Panel title="Sensitivity" per={per} points={latest.map(({ from, sensitivity }) => [from, sensitivity])} />
      <Panel title="Specificity" per={per} points={latest.map(({ from, specificity }) => [from, specificity])} />
    </div>
  )
}

interface PanelProps {
  readonly title: string
  readonly per: Agreement['per']
  readonly points: readonly (readonly [from: string, measure: AgreementMeasure])[]
}

function Panel({ title, per, points }: PanelProps) {
  const step = (panel.width - panel.left) / points.length
  const x = (at: number): number => panel.left + (at + 0.5) * step
  const y = (share: number): number => panel.top + (1 - share) * (panel.height - panel.top - panel.bottom)
  // Not more words than fit.
  const every = Math.ceil(points.length / Math.floor((panel.width - panel.left) / 80))
  return (
    <figure>
      <figcaption>
        {title} by {per}, 95 % interval
      </figcaption>
      <svg
        viewBox={`0 0 ${panel.width} ${panel.height}`}
        role="img"
        aria-label={`${title} by ${per}: the table has it`}
      >
        {[0, 0.5, 1].map((share) => (
          <g key={share}>
            <path class="grid-line" d={`M${panel.left} ${y(share)}H${panel.width}`} />
            <text x={panel.left - 6} y={y(share) + 4} text-anchor="end">
              {share * 100} %
            </text>
          </g>
        ))}
        {points.every(([, { value }]) => value === null) ? (
          <text x={(panel.left + panel.width) / 2} y={y(0.25)} text-anchor="middle">
            no case
          </text>
        ) : null}
        {points.map(([from, { value, lower, upper }], at) => (
          <g key={from}>
            {lower === null || upper === null ? null : (
              <path class="interval" d={`M${x(at)} ${y(lower)}V${y(upper)}`} />
            )}
            {value === null ? null : <circle cx={x(at)} cy={y(value)} r="4" />}
            {at % every === 0 ? (
              <text x={x(at)} y={panel.height - 6} text-anchor="middle">
                {from}
              </text>
            ) : null}
          </g>
        ))}
      </svg>
    </figure>
  )
}
