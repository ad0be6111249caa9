import { oldestPlausibleAge } from '../dataset/plausible-age.ts'
import { quantile } from '../metrics/bootstrap.ts'
import { wilsonInterval } from '../metrics/wilson-interval.ts'
import { formatCount, formatInterval, formatP, formatPercent, formatShare } from '../report/format-figures.ts'
import { type Html, html } from '../report/html.ts'
import { buildReportPage, figuresHtml, type ReportSection, remarksHtml } from '../report/report-page.ts'
import { type ReportTable, tableHtml } from '../report/table-html.ts'
import type { Report } from '../report/write-report.ts'
import type { Exploration } from './exploration.ts'
import { attributeFigure } from './figures/attribute-figure.ts'
import { histogramByLabel } from './figures/histogram-by-label.ts'
import { maskFigures } from './figures/mask-figures.ts'
import { pixelFigures } from './figures/pixel-figures.ts'
import { type Attribute, attributeNames, attributes, type ImageSummary } from './image-summary.ts'
import { totalOf } from './label-counts.ts'

const acquisitionAttributes: readonly Attribute[] = attributeNames.filter(
  (name) => name !== 'sex' && name !== 'viewPosition',
)

export function buildExplorationReport(exploration: Exploration, folderName: string, sheet: Html | null): Report {
  const { images, masks, counts } = exploration
  const people = present([
    attributeFigure('sex', 'Sex', images.counts.sex),
    attributeFigure('view', 'View position', images.counts.viewPosition),
    histogramByLabel(
      { id: 'age', title: 'Age', caption: ageCaption(exploration), axis: 'Age, years' },
      images.ages.map(({ ageYears, positive }) => ({ value: ageYears, positive })),
      { from: 0, to: 100, bins: 20 },
    ),
  ])
  const pixels = present(pixelFigures(images))
  const maskPlots = maskFigures(masks)
  const sections: (ReportSection | null)[] = [
    {
      id: 'records',
      title: 'Records',
      body: [sideBySide([tableHtml(recordsTable(exploration)), tableHtml(classTable(exploration))])],
    },
    {
      id: 'people',
      title: 'People and views',
      body: [
        figuresHtml(people),
        sideBySide(crossTables(exploration, ['sex', 'viewPosition'])),
        ...ageRemarks(exploration),
      ],
    },
    { id: 'acquisition', title: 'Acquisition', body: [sideBySide(crossTables(exploration, acquisitionAttributes))] },
    { id: 'pixels', title: 'Pixels', body: [figuresHtml(pixels)] },
    maskPlots.length > 0
      ? { id: 'masks', title: 'Masks', body: [figuresHtml(maskPlots), ...maskTable(exploration)] }
      : null,
    sheet && {
      id: 'sample',
      title: 'A sample',
      body: [html`<p>Drawn by digest, the same on every run. Orange: outline of the mask.</p>\n`, sheet],
    },
    { id: 'problems', title: 'Problems', body: problemParts(exploration) },
  ]
  return {
    page: buildReportPage({
      title: `Radiographs: ${folderName}`,
      lead: `${formatCount(counts.files)} files hold ${formatCount(counts.images)} different images${patientWords(images)}; ${formatShare(images.classes.positive, images.classes.positive + images.classes.negative)} of the labelled ones show pneumothorax.`,
      sections: present(sections),
      colophon: [
        'Files of the same content count once. Attributes come from the files; where a file is silent, from the table of labels if one was given.',
        'Associations are described, not explained: images of one patient are not independent, and the χ² tests take them as if they were.',
      ],
    }),
    figures: [...people, ...pixels, ...maskPlots],
    summary: summaryOf(exploration),
  }
}

function recordsTable({ counts }: Exploration): ReportTable {
  return {
    caption: 'Files and annotations',
    header: ['What', 'Number'],
    rows: [
      ['Files', formatCount(counts.files)],
      ['Different images whose header can be read', formatCount(counts.images)],
      ['Copies of another file', formatCount(counts.copies)],
      ['Files that screening would refuse', formatCount(counts.problemFiles)],
      ['Rows of the annotation file', formatCount(counts.annotationRows)],
      ['Duplicate rows, merged', formatCount(counts.annotationDuplicates)],
      ['Annotated images', formatCount(counts.annotatedImages)],
      ['Annotated, but no file', formatCount(counts.annotatedWithoutFile)],
      ['Images without a label', formatCount(counts.imagesWithoutLabel)],
    ],
    note: 'Duplicate rows: several readers’ masks of one image; their union is the mask.',
  }
}

function classTable({ images: { classes } }: Exploration): ReportTable {
  const labelled = classes.positive + classes.negative
  const interval = wilsonInterval(classes.positive, labelled)
  return {
    caption: 'Class balance',
    header: ['Label', 'Images', 'Share of the labelled (95 % interval)'],
    rows: [
      [
        'Pneumothorax',
        formatCount(classes.positive),
        labelled === 0
          ? null
          : `${formatPercent(classes.positive / labelled)}${interval ? formatInterval({ lower: 100 * interval.lower, upper: 100 * interval.upper }, 1) : ''}`,
      ],
      [
        'No pneumothorax',
        formatCount(classes.negative),
        labelled === 0 ? null : formatPercent(classes.negative / labelled),
      ],
      ['Not stated', formatCount(classes.unlabelled), null],
    ],
  }
}

function crossTables({ images }: Exploration, names: readonly Attribute[]): Html[] {
  const withUnlabelled = images.classes.unlabelled > 0
  return names.map((name) => {
    const test = images.counts[name].association()
    return tableHtml({
      caption: `${attributes[name]} × pneumothorax`,
      header: [
        'Value',
        'Images',
        'Pneumothorax',
        'No pneumothorax',
        ...(withUnlabelled ? ['Not stated'] : []),
        'Share with',
      ],
      rows: images.counts[name].entries(15).map(([value, count]) => {
        const labelled = count.positive + count.negative
        return [
          value,
          formatCount(totalOf(count)),
          formatCount(count.positive),
          formatCount(count.negative),
          ...(withUnlabelled ? [formatCount(count.unlabelled)] : []),
          labelled === 0 ? null : formatPercent(count.positive / labelled),
        ]
      }),
      ...(test
        ? {
            note: `χ² = ${test.statistic.toFixed(2)}, ${test.degreesOfFreedom} d.f., p ${formatP(test.p)}, Cramér's V ${test.cramersV.toFixed(2)}${test.smallestExpected < 5 ? '; an expected count is below 5' : ''}. Values that are not stated are left out of the test.`,
          }
        : {}),
    })
  })
}

function ageCaption({ images }: Exploration): string {
  const median = (positive: boolean): string => {
    const ages = images.ages.filter((record) => record.positive === positive).map(({ ageYears }) => ageYears)
    if (ages.length === 0) return 'none'
    ages.sort((a, b) => a - b)
    return `${quantile(ages, 0.5).toFixed(0)} (quartiles ${quantile(ages, 0.25).toFixed(0)} and ${quantile(ages, 0.75).toFixed(0)})`
  }
  return `Median with pneumothorax ${median(true)}, without ${median(false)} years. Last bar: 95 and over. Left out: ${images.implausibleAges.length} ages above ${oldestPlausibleAge}.`
}

function ageRemarks({ images }: Exploration): Html[] {
  if (images.implausibleAges.length === 0) return []
  return [
    html`<p class="alarm">Ages above ${oldestPlausibleAge} years cannot be right and are left out of every figure by age:</p>\n`,
    remarksHtml(
      images.implausibleAges.map(({ key, ageYears }) => `${ageYears} years: ${key}`),
      '',
      50,
    ),
  ]
}

function maskTable({ masks: { records } }: Exploration): Html[] {
  const areas = records.flatMap(({ areaCm2 }) => (areaCm2 === null ? [] : [areaCm2])).sort((a, b) => a - b)
  if (areas.length === 0) return []
  const at = (fraction: number): string => quantile(areas, fraction).toFixed(1)
  return [
    html`<p>Area where the spacing is known (${areas.length} images), cm² as the spacing says (at the detector, unless the sender corrected it): median ${at(0.5)}, quartiles ${at(0.25)} and ${at(0.75)}, smallest ${at(0)}, largest ${at(1)}.</p>\n`,
  ]
}

function problemParts({ problemCodes, problems, tableProblems, images }: Exploration): Html[] {
  const byCount = (counts: ReadonlyMap<string, number>): [string, string][] =>
    [...counts].sort(([, a], [, b]) => b - a).map(([code, count]) => [code, formatCount(count)])
  return [
    ...(problemCodes.size > 0
      ? [
          tableHtml({
            caption: 'Why screening would refuse files',
            header: ['Code', 'Files'],
            rows: byCount(problemCodes),
          }),
        ]
      : []),
    ...(images.warnings.size > 0
      ? [
          tableHtml({
            caption: 'Warnings of files that can be screened',
            header: ['Code', 'Files'],
            rows: byCount(images.warnings),
          }),
        ]
      : []),
    html`<h3>Per file</h3>\n`,
    remarksHtml(problems, 'No file has a problem.'),
    html`<h3>In the tables</h3>\n`,
    remarksHtml(tableProblems, 'None found.'),
  ]
}

function summaryOf(exploration: Exploration): unknown {
  const { counts, images, masks, problemCodes } = exploration
  const areas = masks.records.map(({ areaFraction }) => areaFraction).sort((a, b) => a - b)
  return {
    counts,
    patients: images.patients.size,
    classes: images.classes,
    attributes: Object.fromEntries(
      attributeNames.map((name) => [name, Object.fromEntries(images.counts[name].entries(50))]),
    ),
    associations: Object.fromEntries(attributeNames.map((name) => [name, images.counts[name].association()])),
    implausibleAges: images.implausibleAges,
    warnings: Object.fromEntries(images.warnings),
    problems: Object.fromEntries(problemCodes),
    masks: {
      images: areas.length,
      areaFractionQuartiles: areas.length === 0 ? null : [0, 0.25, 0.5, 0.75, 1].map((at) => quantile(areas, at)),
    },
  }
}

function patientWords({ patients, withoutPatient }: ImageSummary): string {
  if (patients.size === 0) return ' (patients not stated)'
  const rest = withoutPatient === 0 ? '' : `, and ${formatCount(withoutPatient)} images whose patient is not stated`
  return ` of ${formatCount(patients.size)} patients${rest}`
}

function sideBySide(tables: readonly Html[]): Html {
  return html`<div class="tables">${tables}</div>\n`
}

function present<T>(items: readonly (T | null)[]): T[] {
  return items.filter((item): item is T => item !== null)
}
