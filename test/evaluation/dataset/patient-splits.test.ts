import { expect, it } from 'vitest'
import { patientSplits } from '../../../lib/evaluation/dataset/patient-splits.ts'

const shares = [
  { name: 'train', fraction: 0.7 },
  { name: 'validation', fraction: 0.15 },
  { name: 'test', fraction: 0.15 },
]
const images = Array.from({ length: 600 }, (_, at) => ({
  key: `image-${at}`,
  patient: at % 50 === 0 ? null : `patient-${Math.floor(at / 3)}`,
  positive: at % 5 === 0,
}))

it('keeps the images of a patient together', () => {
  const splits = patientSplits(images, shares, 1)
  const byPatient = new Map<string, Set<string>>()
  for (const { key, patient } of images) {
    if (patient) byPatient.set(patient, (byPatient.get(patient) ?? new Set()).add(splits.get(key)!))
  }
  expect([...byPatient.values()].every((of) => of.size === 1)).toBe(true)
  expect(splits.size).toBe(600)
})

it('gives each split its share of images and of positives', () => {
  const splits = patientSplits(images, shares, 1)
  for (const { name, fraction } of shares) {
    const within = images.filter(({ key }) => splits.get(key) === name)
    expect(Math.abs(within.length - 600 * fraction)).toBeLessThanOrEqual(8)
    expect(Math.abs(within.filter(({ positive }) => positive).length - 120 * fraction)).toBeLessThanOrEqual(8)
  }
})

it('does not depend on the order of the images, but on the seed', () => {
  const asObject = (splits: Map<string, string>) => Object.fromEntries([...splits].sort())
  expect(asObject(patientSplits([...images].reverse(), shares, 1))).toEqual(asObject(patientSplits(images, shares, 1)))
  expect(asObject(patientSplits(images, shares, 2))).not.toEqual(asObject(patientSplits(images, shares, 1)))
})
