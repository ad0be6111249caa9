import { ConfigurationError } from '../../screening/kernel/errors.ts'
import { imageKeyOf } from './image-key.ts'
import { hasRunLengths, parseAnnotations } from './read-annotations.ts'
import { findColumn, readTable, requireColumn, type Table } from './read-table.ts'

/** What a data set says of one image. */
export interface ImageLabel {
  readonly key: string
  /** True: pneumothorax; null: not stated. */
  readonly positive: boolean | null
  readonly patient: string | null
  readonly viewPosition: string | null
  readonly sex: string | null
  readonly ageYears: number | null
  readonly source: string | null
}

export interface Labels {
  readonly images: ReadonlyMap<string, ImageLabel>
  readonly problems: readonly string[]
}

const names = {
  image: ['id', 'imageid', 'image_id', 'image', 'file'],
  label: ['label', 'pneumothorax', 'target', 'has_pneumothorax', 'class'],
  patient: ['patient', 'patient_id', 'patientid'],
  view: ['view', 'viewposition', 'view_position'],
  sex: ['sex', 'patientsex', 'patient_sex', 'gender'],
  age: ['age', 'patientage', 'patient_age'],
  source: ['label_source', 'source'],
} as const

const positives = ['true', 'yes', 'positive', 'pneumothorax']
const negatives = ['false', 'no', 'negative', 'none']
const uncertain = ['u', 'uncertain']
const missing = ['', 'nan', 'na', 'n/a', 'null']

/**
 * Reads a table of labels: a column for the image and one for the label (or run lengths, from which the label
 * follows); patient, view, sex and age where there are such columns. Contradicting rows of one image are left out
 * and reported.
 * @param where `column=value`: keeps only those rows
 * @throws {ConfigurationError} when the table cannot be read, lacks a column or has nothing left
 */
export async function readLabels(path: string, where: string | null = null): Promise<Labels> {
  const table = applyFilter(await readTable(path), where)
  if (table.rows.length === 0) {
    throw new ConfigurationError(
      `${path} has no rows${where ? ` with ${where}` : ''}. Check the file${where ? ' and the filter' : ''}.`,
    )
  }
  return findColumn(table, names.label) === null && hasRunLengths(table) ? fromRunLengths(table) : fromLabels(table)
}

function applyFilter(table: Table, where: string | null): Table {
  if (where === null) return table
  const [column, value] = where.split(/=(.*)/s).map((part) => part.trim())
  if (!column || value === undefined) {
    throw new ConfigurationError(`'${where}' is not a filter. Write column=value, such as split=gold.`)
  }
  const known = requireColumn(table, [column.toLowerCase()])
  return { ...table, rows: table.rows.filter((row) => row[known] === value) }
}

function fromRunLengths(table: Table): Labels {
  const { runLengths, problems } = parseAnnotations(table)
  const images = [...runLengths].map(([key, codes]): [string, ImageLabel] => [
    key,
    { key, positive: codes.length > 0, patient: null, viewPosition: null, sex: null, ageYears: null, source: null },
  ])
  return { images: new Map(images), problems }
}

function fromLabels(table: Table): Labels {
  const imageColumn = requireColumn(table, names.image)
  const labelColumn = requireColumn(table, names.label)
  refuseSecondLabel(table, labelColumn)
  const optional = {
    patient: findColumn(table, names.patient),
    view: findColumn(table, names.view),
    sex: findColumn(table, names.sex),
    age: findColumn(table, names.age),
    source: findColumn(table, names.source),
  }
  const images = new Map<string, ImageLabel>()
  const problems: string[] = []
  const contradictory = new Set<string>()
  table.rows.forEach((row, at) => {
    const cell = (column: string | null): string | null => (column === null ? null : row[column] || null)
    const key = imageKeyOf(row[imageColumn])
    const positive = parseLabel(row[labelColumn])
    if (key === '') problems.push(`row ${at + 2}: no image is named`)
    if (positive === null) problems.push(`${key}: ${whyNoLabel(row[labelColumn])} (row ${at + 2})`)
    if (key === '') return
    const known = images.get(key)
    if (known && known.positive !== positive) contradictory.add(key)
    if (known) {
      problems.push(`${key}: listed more than once (row ${at + 2})`)
      return
    }
    images.set(key, {
      key,
      positive,
      patient: cell(optional.patient),
      viewPosition: cell(optional.view)?.toUpperCase() ?? null,
      sex: cell(optional.sex)?.toUpperCase() ?? null,
      ageYears: parseAge(cell(optional.age)),
      source: cell(optional.source),
    })
  })
  for (const key of contradictory) {
    problems.push(`${key}: its labels contradict each other; the image is left out`)
    images.delete(key)
  }
  return { images, problems }
}

/** @throws {ConfigurationError} when another column that names a label says otherwise */
function refuseSecondLabel(table: Table, labelColumn: string): void {
  for (const other of names.label) {
    if (other === labelColumn || !table.columns.includes(other)) continue
    if (table.rows.some((row) => parseLabel(row[other]) !== parseLabel(row[labelColumn]))) {
      throw new ConfigurationError(
        `${table.path} has a column '${labelColumn}' and a column '${other}' that disagree. Remove or rename the one that is not the label of pneumothorax.`,
      )
    }
  }
}

function parseLabel(text: string): boolean | null {
  const lower = text.toLowerCase()
  if (positives.includes(lower)) return true
  if (negatives.includes(lower)) return false
  const number = lower === '' ? null : Number(lower)
  return number === 1 ? true : number === 0 ? false : null
}

/** CheXpert and MIMIC-CXR write -1 where a report leaves it open: neither a positive nor a negative. */
function whyNoLabel(text: string): string {
  const lower = text.toLowerCase()
  if (Number(lower || Number.NaN) === -1 || uncertain.includes(lower)) {
    return `the label '${text}' says uncertain; the image is left out`
  }
  if (missing.includes(lower)) return `the label is missing${lower === '' ? '' : ` ('${text}')`}; the image is left out`
  return `'${text}' is not a label; write 1 or 0. The image is left out`
}

/** '64', '064Y', '18M' (months) … as DICOM's age string and as data sets write it. Unit: years. */
export function parseAge(text: string | null): number | null {
  const match = /^(\d+(?:\.\d+)?)([DWMY]?)$/i.exec(text ?? '')
  if (!match) return null
  const perYear = { D: 365.25, W: 52.18, M: 12, Y: 1, '': 1 }[match[2].toUpperCase()]!
  return Number(match[1]) / perYear
}
