import { chooseGreyLevels } from '../../screening/prepared-image/choose-grey-levels.ts'
import { estimateWindow } from '../../screening/prepared-image/estimate-window.ts'
import { buildGreyTable } from '../../screening/prepared-image/grey-table.ts'
import type { GreyLevels } from '../../screening/prepared-image/prepared-image.ts'
import { turnOf } from '../../screening/prepared-image/upright.ts'
import { histogramOf, lowestStoredValue } from '../../screening/prepared-image/value-histogram.ts'
import type { AcquisitionFacts, PixelSpacing, Radiograph } from '../../screening/radiograph/radiograph.ts'
import type { FrameFacts, FramePresentation } from '../contract/frame.ts'

export interface Frame {
  readonly facts: FrameFacts
  /** Shape: rows × columns. */
  readonly samples: Uint16Array
}

/**
 * A radiograph as a viewer gets it: one unsigned 16-bit sample a pixel, from which slope and intercept make the value
 * after the modality transformation, exactly; and the ways to show it, the screened one first.
 */
export function buildFrame(radiograph: Radiograph): Frame {
  const { rows, columns, facts, presentation } = radiograph
  const scale = sampleScaleOf(radiograph)
  return {
    samples: scale.sampleOfStored ? lookUpSamples(radiograph, scale.sampleOfStored) : shiftToSamples(radiograph),
    facts: {
      rows,
      columns,
      sampleLimit: scale.sampleLimit,
      slope: scale.slope,
      intercept: scale.intercept,
      isInverted: presentation.inverted,
      presentations: presentationsOf(radiograph, scale),
      spacing: facts.pixelSpacing && {
        rowMm: facts.pixelSpacing.rowMm,
        columnMm: facts.pixelSpacing.columnMm,
        plane: planes[facts.pixelSpacing.origin],
      },
      ...orientationOf(facts),
      turn: turnOf(facts.patientOrientation),
    },
  }
}

/** How samples and values belong together. */
interface SampleScale {
  readonly slope: number
  readonly intercept: number
  readonly sampleLimit: number
  /** The sample of every stored value from the lowest on; null where it is its distance from the lowest. */
  readonly sampleOfStored: Uint16Array | null
}

function sampleScaleOf(radiograph: Radiograph): SampleScale {
  const { modality } = radiograph.presentation
  const lowest = lowestStoredValue(radiograph)
  const sampleLimit = 2 ** radiograph.facts.bitsStored
  switch (modality.kind) {
    case 'identity':
      return { slope: 1, intercept: lowest, sampleLimit, sampleOfStored: null }
    case 'rescale': {
      const intercept = lowest * modality.slope + modality.intercept
      return { slope: modality.slope, intercept, sampleLimit, sampleOfStored: null }
    }
    case 'lut': {
      const { entries, firstMapped, bitsPerEntry } = modality.lut
      const sampleOfStored = Uint16Array.from(
        { length: sampleLimit },
        (_, index) => entries[Math.min(entries.length - 1, Math.max(0, lowest + index - firstMapped))],
      )
      return { slope: 1, intercept: 0, sampleLimit: 2 ** bitsPerEntry, sampleOfStored }
    }
  }
}

function lookUpSamples(radiograph: Radiograph, sampleOfStored: Uint16Array): Uint16Array {
  const lowest = lowestStoredValue(radiograph)
  const { values } = radiograph
  const samples = new Uint16Array(values.length)
  for (let pixel = 0; pixel < samples.length; pixel++) samples[pixel] = sampleOfStored[values[pixel] - lowest]
  return samples
}

function shiftToSamples(radiograph: Radiograph): Uint16Array {
  const lowest = lowestStoredValue(radiograph)
  const { values } = radiograph
  const samples = new Uint16Array(values.length)
  for (let pixel = 0; pixel < samples.length; pixel++) samples[pixel] = values[pixel] - lowest
  return samples
}

function presentationsOf(radiograph: Radiograph, scale: SampleScale): FramePresentation[] {
  const { window, voiLut, modality } = radiograph.presentation
  const own = estimateWindow(histogramOf(radiograph), modality)
  const tableOf = (ofStored: Uint8Array): string =>
    Buffer.from(scale.sampleOfStored ? tableOfSamples(ofStored, scale.sampleOfStored, scale) : ofStored).toString(
      'base64',
    )
  const { greyLevels, table } = chooseGreyLevels(radiograph)
  const voiLutLevels: GreyLevels = { origin: 'voi-lut', window: null }
  return [
    { id: 'screened', window: greyLevels.window ?? own, greyTable: tableOf(table) },
    ...(window ? [{ id: 'file-window' as const, window, greyTable: null }] : []),
    ...(voiLut
      ? [
          {
            id: 'file-voi-lut' as const,
            window: own,
            greyTable: tableOf(buildGreyTable(radiograph, voiLutLevels)),
          },
        ]
      : []),
    { id: 'own-levels', window: own, greyTable: null },
  ]
}

/** Samples that no stored value makes, which a reduced picture may still hold, take the grey of the one below. */
function tableOfSamples(ofStored: Uint8Array, sampleOfStored: Uint16Array, { sampleLimit }: SampleScale): Uint8Array {
  const table = new Uint8Array(sampleLimit)
  const isMade = new Uint8Array(sampleLimit)
  for (let index = 0; index < ofStored.length; index++) {
    table[sampleOfStored[index]] = ofStored[index]
    isMade[sampleOfStored[index]] = 1
  }
  let last = table[isMade.indexOf(1)]
  for (let sample = 0; sample < sampleLimit; sample++) {
    if (isMade[sample]) last = table[sample]
    else table[sample] = last
  }
  return table
}

const planes: Record<PixelSpacing['origin'], 'patient' | 'patient-estimated' | 'detector'> = {
  PixelSpacing: 'patient',
  'ImagerPixelSpacing/EstimatedRadiographicMagnificationFactor': 'patient-estimated',
  ImagerPixelSpacing: 'detector',
}

function orientationOf({ patientOrientation, orientationUnusable }: AcquisitionFacts) {
  if (orientationUnusable) return { orientation: null, isOrientationAssumed: false }
  const [along, down] = patientOrientation ?? ['L', 'F']
  return { orientation: { along, down }, isOrientationAssumed: patientOrientation === null }
}
