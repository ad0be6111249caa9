import type { ImageLabel, Labels } from '../dataset/read-labels.ts'
import { readFacts } from './facts-journal.ts'

/**
 * Fills in what the table of labels leaves open (patient, view, sex, age) from `file-facts.jsonl` of an exploration.
 * @throws when the journal cannot be read
 */
export async function attachFacts(labels: Labels, journalPath: string): Promise<Labels> {
  const images = new Map<string, ImageLabel>(labels.images)
  for await (const { key, patient, acquisition } of readFacts(journalPath)) {
    const label = images.get(key)
    if (!label) continue
    images.set(key, {
      ...label,
      patient: label.patient ?? patient,
      viewPosition: label.viewPosition ?? acquisition?.viewPosition ?? null,
      sex: label.sex ?? acquisition?.sex ?? null,
      ageYears: label.ageYears ?? acquisition?.ageYears ?? null,
    })
  }
  return { ...labels, images }
}
