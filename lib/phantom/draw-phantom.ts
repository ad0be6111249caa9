import { acquireImage } from './acquire-image.ts'
import type { Anatomy } from './anatomy.ts'
import { arrangeChest } from './arrange-chest.ts'
import type { ChestFrame } from './chest-frame.ts'
import { drawAirway } from './draw-airway.ts'
import { drawBones } from './draw-bones.ts'
import { drawDevices } from './draw-devices.ts'
import { drawVessels } from './draw-vessels.ts'
import { halfOf, lungMargin } from './lung-field.ts'
import { paintSoftTissue } from './paint-soft-tissue.ts'
import type { Phantom, PhantomOptions } from './phantom.ts'
import type { PleuralSpaces } from './pleural-space.ts'
import type { SeededRandom } from './seeded-random.ts'
import { smoothNoise } from './smooth-noise.ts'
import { StrokeLayer } from './stroke-layer.ts'

/** Linear attenuation at the mean energy behind a patient of a 120 kV beam, about 70 keV. Unit: 1/mm. @see NIST XCOM */
const attenuation = { water: 0.0193, bone: 0.034, metal: 0.5 }

/**
 * Draws an invented frontal chest radiograph with its exact pneumothorax mask.
 * It is built from thicknesses along the beam, so that structures add up where they overlap as they do in a real one.
 * A phantom exercises programs; it is never evidence of how well they work on patients.
 */
export function drawPhantom(options: PhantomOptions): Phantom {
  const { rows, columns, seed } = options
  const size = { rows, columns }
  const { random, anatomy, frame, spaces } = arrangeChest(options)

  const tissue = paintSoftTissue(anatomy, frame, spaces)
  const airway = drawAirway(anatomy, frame)
  for (let i = 0; i < airway.length; i++) tissue.water[i] -= airway[i] * frame.mmPerPixel
  const integrals = tissue.water
  addLungDetail(integrals, tissue.lung, anatomy, frame, spaces, random)
  const bones = drawBones(anatomy, frame, random)
  for (let i = 0; i < integrals.length; i++) {
    integrals[i] = Math.max(0, integrals[i]) * attenuation.water + bones[i] * attenuation.bone
  }
  const devices = drawDevices(options, anatomy, frame, random)
  for (let i = 0; i < integrals.length; i++) integrals[i] += devices.metal[i] * attenuation.metal

  const look = random.fork('acquisition')
  const values = acquireImage(
    integrals,
    size,
    {
      mmPerPixel: frame.mmPerPixel,
      scatterRatio: anatomy.supine ? look.uniform(0.25, 0.45) : look.uniform(0.1, 0.25),
      noise: look.uniform(0.0015, 0.003) / frame.mmPerPixel,
      detailGain: look.uniform(0.5, 1.1),
    },
    random,
  )
  devices.collimate(values)
  let maskPixels = 0
  for (let i = 0; i < tissue.mask.length; i++) maskPixels += tissue.mask[i]
  return {
    rows,
    columns,
    values,
    mask: tissue.mask,
    description: {
      seed,
      view: options.view,
      sex: options.sex,
      pneumothorax: options.pneumothorax ?? null,
      maskPixels,
      pixelSpacingMm: frame.mmPerPixel,
      devices: devices.names,
    },
  }
}

/** Vessels, the fine texture of the interstitium, and the visceral pleura seen edge-on. */
function addLungDetail(
  water: Float32Array,
  lung: Float32Array,
  anatomy: Anatomy,
  frame: ChestFrame,
  spaces: PleuralSpaces,
  random: SeededRandom,
): void {
  const blood = drawVessels(anatomy, frame, spaces, random)
  const fine = smoothNoise(frame.size, Math.max(1.5, 1.1 / frame.mmPerPixel), random.fork('fine texture'))
  const coarse = smoothNoise(frame.size, Math.max(2, 3.2 / frame.mmPerPixel), random.fork('coarse texture'))
  const uneven = smoothNoise(frame.size, 26 / frame.mmPerPixel, random.fork('uneven'))
  for (let i = 0; i < water.length; i++) {
    const depth = lung[i]
    if (depth > 0) {
      // Less lung in the beam, fewer vessels: none stand out over the heart or at the very edge.
      const filled = Math.min(1, depth / 82)
      const here = filled * filled
      water[i] += here * (1.8 * blood[i] * (1 - anatomy.lungDensity) + 0.7 * coarse[i] + 0.45 * fine[i])
    } else {
      water[i] += blood[i] * 0.1
    }
    // Muscle and fat are not even either.
    if (water[i] > 0) water[i] *= 1 + 0.016 * uneven[i]
  }
  const pleura = new StrokeLayer(frame.size)
  for (const sign of [-1, 1] as const) {
    const line = (sign < 0 ? spaces.right : spaces.left).visceralLine()
    for (let k = 0; k + 1 < line.length; k++) {
      // Only where it stands off the wall, and lung lies behind it: heart and dome hide the rest.
      if (line[k].gap < 2 || line[k + 1].gap < 2 || Math.abs(line[k].gap - line[k + 1].gap) > 4) continue
      if (lungMargin(halfOf(anatomy, sign), line[k].u, line[k].level) < 0.5) continue
      pleura.draw(
        [line[k], line[k + 1]].map((p) =>
          frame.point(sign * p.u, p.level, Math.max(0.65, 0.7 * frame.mmPerPixel), Math.min(1, p.gap / 8)),
        ),
        () => 1,
      )
    }
  }
  // A shell of 0.2 mm about a lung of 60 mm, met edge-on: a few millimetres of tissue.
  for (let i = 0; i < water.length; i++) water[i] += 12 * pleura.values[i]
}
