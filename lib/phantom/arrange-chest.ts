import { type Anatomy, chooseAnatomy } from './anatomy.ts'
import { type ChestFrame, createChestFrame } from './chest-frame.ts'
import type { PhantomOptions } from './phantom.ts'
import { createPleuralSpace, type PleuralSpaces } from './pleural-space.ts'
import { createRandom, type SeededRandom } from './seeded-random.ts'

/** Everything that is decided before the first stroke. */
export interface Arrangement {
  readonly random: SeededRandom
  readonly anatomy: Anatomy
  readonly frame: ChestFrame
  readonly spaces: PleuralSpaces
}

/** Chooses an invented patient and where the chest lies in the field. */
export function arrangeChest(options: PhantomOptions): Arrangement {
  const random = createRandom(options.seed)
  const anatomy = chooseAnatomy(options, random)
  const frame = placeChest(options, anatomy, random.fork('placement'))
  return { random, anatomy, frame, spaces: createSpaces(options, anatomy, random) }
}

function placeChest(options: PhantomOptions, anatomy: Anatomy, random: SeededRandom): ChestFrame {
  const supine = options.view === 'AP'
  return createChestFrame(options, {
    fieldMm: random.uniform(375, 415) * (0.5 + 0.5 * anatomy.scale),
    centre: [random.normal(0, supine ? 7 : 3), random.normal(supine ? 118 : 138, 7)],
    tilt: random.normal(0, supine ? 0.035 : 0.012),
  })
}

function createSpaces(options: PhantomOptions, anatomy: Anatomy, random: SeededRandom): PleuralSpaces {
  const ptx = options.pneumothorax ?? null
  const hilum = anatomy.right.domeTop * 0.53
  return {
    right: createPleuralSpace(anatomy.right, ptx?.side === 'right' ? ptx : null, hilum, random),
    left: createPleuralSpace(anatomy.left, ptx?.side === 'left' ? ptx : null, hilum - 7, random),
  }
}
