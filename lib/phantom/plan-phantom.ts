import type { ImageSize } from '../screening/kernel/geometry.ts'
import type { PhantomOptions, PhantomPneumothorax } from './phantom.ts'
import type { PhantomFormat } from './phantom-elements.ts'
import { createRandom } from './seeded-random.ts'

/** Every syntax once with a bit depth it is met with in practice; sets take them in turn. */
export const phantomFormats: readonly PhantomFormat[] = [
  { object: 'DX', syntax: 'explicit-little-endian', bitsStored: 12, photometric: 'MONOCHROME2', voi: 'window' },
  { object: 'siim', syntax: 'jpeg-baseline', bitsStored: 8, photometric: 'MONOCHROME2', voi: 'none' },
  { object: 'DX', syntax: 'jpeg-2000-lossless', bitsStored: 14, photometric: 'MONOCHROME2', voi: 'window' },
  { object: 'CR', syntax: 'implicit-little-endian', bitsStored: 10, photometric: 'MONOCHROME1', voi: 'window' },
  { object: 'DX', syntax: 'jpeg-lossless-sv1', bitsStored: 12, photometric: 'MONOCHROME1', voi: 'window' },
  { object: 'CR', syntax: 'rle', bitsStored: 12, photometric: 'MONOCHROME2', voi: 'lut' },
  { object: 'DX', syntax: 'jpeg-ls-lossless', bitsStored: 16, photometric: 'MONOCHROME2', voi: 'window' },
  { object: 'DX', syntax: 'htj2k-lossless', bitsStored: 12, photometric: 'MONOCHROME2', voi: 'lut' },
  { object: 'CR', syntax: 'explicit-big-endian', bitsStored: 12, photometric: 'MONOCHROME2', voi: 'window' },
  {
    object: 'DX',
    syntax: 'deflated-explicit-little-endian',
    bitsStored: 14,
    photometric: 'MONOCHROME1',
    voi: 'window',
  },
  { object: 'CR', syntax: 'jpeg-baseline', bitsStored: 8, photometric: 'MONOCHROME2', voi: 'window' },
]

const kinds = ['apical', 'lateral', 'tension', 'basal'] as const

/** What the phantom number `index` of a set shows and how it is written. */
export function planPhantom(
  setSeed: number,
  index: number,
  size: ImageSize,
): { readonly options: PhantomOptions; readonly format: PhantomFormat } {
  const seed = setSeed * 10_000 + index
  const random = createRandom(seed, 'plan')
  // Positive and negative take turns in pairs of random order, so that any even count is half and half.
  const positiveFirst = createRandom(setSeed * 10_000 + 2 * Math.floor(index / 2), 'pair').chance(0.5)
  const positive = (index % 2 === 0) === positiveFirst
  const kind = kinds[Math.floor(index / 2) % kinds.length]
  const view = kind === 'basal' && positive ? 'AP' : random.chance(0.6) ? 'PA' : 'AP'
  const pneumothorax: PhantomPneumothorax | null = positive
    ? {
        kind,
        side: random.pick(['left', 'right']),
        extent: kind === 'tension' ? random.pick(['medium', 'large']) : random.pick(['small', 'medium', 'large']),
      }
    : null
  return {
    options: { seed, ...size, pneumothorax, view, sex: random.chance(0.5) ? 'M' : 'F' },
    format: phantomFormats[index % phantomFormats.length],
  }
}
