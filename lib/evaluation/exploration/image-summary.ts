import { oldestPlausibleAge } from '../dataset/plausible-age.ts'
import type { ImageLabel } from '../dataset/read-labels.ts'
import type { FileFacts } from './file-facts.ts'
import { LabelCounts, notStated } from './label-counts.ts'
import { transferSyntaxName } from './transfer-syntax-names.ts'

/** Attributes that are counted by value, with what they are called in a report. */
export const attributes = {
  sex: 'Sex',
  viewPosition: 'View position',
  modality: 'Modality',
  bodyPart: 'Body part examined',
  manufacturer: 'Manufacturer',
  spacing: 'Pixel spacing, mm (rows × columns)',
  spacingOrigin: 'Where the spacing comes from',
  size: 'Size, rows × columns',
  transferSyntax: 'Transfer syntax',
  photometric: 'Photometric interpretation',
  bitsStored: 'Bits stored',
  storedRange: 'Stored values, lowest to highest',
} as const

export type Attribute = keyof typeof attributes
export const attributeNames = Object.keys(attributes) as Attribute[]

export interface AgeRecord {
  readonly ageYears: number
  readonly positive: boolean | null
}

/** Counts over images, each content once. Memory: a few numbers an image. */
export class ImageSummary {
  readonly counts = Object.fromEntries(attributeNames.map((name) => [name, new LabelCounts()])) as Record<
    Attribute,
    LabelCounts
  >
  readonly ages: AgeRecord[] = []
  readonly implausibleAges: { readonly key: string; readonly ageYears: number }[] = []
  readonly greyMeans: {
    readonly mean: number
    readonly standardDeviation: number
    readonly positive: boolean | null
  }[] = []
  readonly patients = new Set<string>()
  withoutPatient = 0
  readonly warnings = new Map<string, number>()
  readonly classes = { positive: 0, negative: 0, unlabelled: 0 }
  readonly #histogram = new Float64Array(16)

  /** @param label what a table says of the image; it fills in what the file leaves open */
  add(facts: FileFacts, positive: boolean | null, label: ImageLabel | null): void {
    this.classes[positive === null ? 'unlabelled' : positive ? 'positive' : 'negative']++
    for (const [attribute, value] of Object.entries(valuesOf(facts, label))) {
      this.counts[attribute as Attribute].add(value, positive)
    }
    this.#addAge(facts.key, facts.acquisition?.ageYears ?? label?.ageYears ?? null, positive)
    const patient = label?.patient ?? facts.patient
    if (patient) this.patients.add(patient)
    else this.withoutPatient++
    for (const warning of facts.warnings) this.warnings.set(warning, (this.warnings.get(warning) ?? 0) + 1)
    if (facts.grey) {
      const { mean, standardDeviation, histogram } = facts.grey
      this.greyMeans.push({ mean, standardDeviation, positive })
      histogram.forEach((share, bin) => {
        this.#histogram[bin] += share
      })
    }
  }

  /** Mean share of each bin of 16 grey levels. */
  greyHistogram(): number[] {
    const images = Math.max(1, this.greyMeans.length)
    return Array.from(this.#histogram, (sum) => sum / images)
  }

  #addAge(key: string, ageYears: number | null, positive: boolean | null): void {
    if (ageYears === null) return
    if (ageYears > oldestPlausibleAge) this.implausibleAges.push({ key, ageYears })
    else this.ages.push({ ageYears, positive })
  }
}

function valuesOf(facts: FileFacts, label: ImageLabel | null): Record<Attribute, string> {
  const { acquisition, stored, rows, columns } = facts
  const spacing = acquisition?.spacingMm
  return {
    sex: acquisition?.sex ?? label?.sex ?? notStated,
    viewPosition: acquisition?.viewPosition ?? label?.viewPosition ?? notStated,
    modality: acquisition?.modality ?? notStated,
    bodyPart: acquisition?.bodyPartExamined ?? notStated,
    manufacturer: acquisition?.manufacturer ?? notStated,
    spacing: spacing ? `${spacing.row.toFixed(3)} × ${spacing.column.toFixed(3)}` : notStated,
    spacingOrigin: spacing?.origin ?? notStated,
    size: rows && columns ? `${rows} × ${columns}` : notStated,
    transferSyntax: acquisition?.transferSyntaxUid
      ? transferSyntaxName(acquisition.transferSyntaxUid)
      : (acquisition?.format.toUpperCase() ?? notStated),
    photometric: acquisition?.photometricInterpretation ?? notStated,
    bitsStored: acquisition ? String(acquisition.bitsStored) : notStated,
    storedRange: stored ? `${stored.minimum} to ${stored.maximum}` : notStated,
  }
}
