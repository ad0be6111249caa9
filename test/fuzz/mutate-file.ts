import type { SeededRandom } from '../../lib/phantom/seeded-random.ts'
import { damageFrame, damageKinds } from './damage-frame.ts'
import { locateElement, locateFragments } from './locate-elements.ts'

/** Changes a copy of a file in place, or returns another one; null where it has nothing of the kind. */
type Mutation = (file: Uint8Array, random: SeededRandom) => Uint8Array | null

const tags = {
  lengths: [0x00080060, 0x00100010, 0x00280010, 0x00281050, 0x00283010, 0x00283002, 0x00283006, 0x7fe00010],
  shapes: [0x00280010, 0x00280011],
  bits: [0x00280100, 0x00280101, 0x00280102, 0x00280103, 0x00280002],
  luts: [0x00283002],
  texts: [0x00281050, 0x00281051, 0x00281052, 0x00281053, 0x00280030, 0x00181164, 0x00101010, 0x00280008],
  terms: [0x00080060, 0x00180015, 0x00185101, 0x00200020, 0x00280004, 0x20500020, 0x00281056],
} as const

const locate = (file: Uint8Array, tag: number) => locateElement(file, tag >>> 16, tag & 0xffff)
const viewOf = (file: Uint8Array): DataView => new DataView(file.buffer, file.byteOffset, file.byteLength)
const extremes = [0, 1, 2, 7, 127, 128, 255, 256, 1000, 4095, 8000, 32767, 32768, 65534, 65535] as const
const anyUint16 = (random: SeededRandom): number =>
  random.chance(0.6) ? random.pick(extremes) : random.integer(0, 65535)
const anyUint32 = (random: SeededRandom): number =>
  random.chance(0.5) ? anyUint16(random) : random.pick([2 ** 31 - 1, 2 ** 31, 2 ** 32 - 2, 2 ** 32 - 1, random.bits()])

const numbers = [
  '',
  '0',
  '-0',
  '1',
  '-1',
  '1E9',
  '1e-9',
  '1e400',
  'NaN',
  'Infinity',
  '0x10',
  '1,5',
  '1.5.2',
  '+',
  ' 12 ',
  '1 2',
  '99999999999999999',
  '4096',
  '65536',
  '2048\\512',
  '\\',
  '\0',
  '٣',
  '12D',
  '000Y',
  '999Y',
  '-5Y',
  '2147483648',
] as const
const terms = [
  '',
  'CHEST',
  'KNEE',
  'DX',
  'CT',
  'PA',
  'LL',
  'L\\F',
  'R\\F',
  'X',
  'MONOCHROME1',
  'MONOCHROME2',
  'RGB',
  'INVERSE',
  'IDENTITY',
  'SIGMOID',
  'LINEAR_EXACT',
  'linear',
  '\\\\',
  '胸部',
  '\u001b[31m',
  'A'.repeat(70),
] as const

/** Writes a text over a value, padded to its length where it fits: a value of another length needs another file. */
function replaceText(file: Uint8Array, tag: number, text: string): Uint8Array | null {
  const found = locate(file, tag)
  if (!found || found.length > 0x1000 || found.valueAt + found.length > file.length) return null
  const encoded = Buffer.from(text)
  const value = encoded.length % 2 === 0 ? encoded : Buffer.concat([encoded, Buffer.from(' ')])
  const after = file.subarray(found.valueAt + found.length)
  const changed = new Uint8Array(Buffer.concat([file.subarray(0, found.valueAt), value, after]))
  if (found.lengthBytes === 2) viewOf(changed).setUint16(found.lengthAt, value.length, true)
  else viewOf(changed).setUint32(found.lengthAt, value.length, true)
  return changed
}

/** The frame of a file, where it is one fragment. */
function frameOf(file: Uint8Array): Uint8Array | null {
  const [, ...fragments] = locateFragments(file)
  if (fragments.length !== 1 || fragments[0].valueAt + fragments[0].length > file.length) return null
  return file.subarray(fragments[0].valueAt, fragments[0].valueAt + fragments[0].length)
}

/** The marker segments of a frame's headers. */
function markersOf(frame: Uint8Array): number[] {
  const found: number[] = []
  for (let at = 0; at + 1 < Math.min(frame.length, 2000); at++) {
    if (frame[at] === 0xff && frame[at + 1] > 0x4e && frame[at + 1] < 0xff) found.push(at)
  }
  return found
}

function mutateFrame(change: (frame: Uint8Array, random: SeededRandom) => boolean): Mutation {
  return (file, random) => {
    const frame = frameOf(file)
    return frame && frame.length > 64 && change(frame, random) ? file : null
  }
}

/** By name, so that the report can count them. */
export const mutations: Readonly<Record<string, Mutation>> = {
  lengths(file, random) {
    const found = locate(file, random.pick(tags.lengths))
    if (!found) return null
    const length = random.chance(0.5) ? found.length + random.integer(-4, 4) : anyUint32(random)
    if (found.lengthBytes === 2) viewOf(file).setUint16(found.lengthAt, length & 0xffff, true)
    else viewOf(file).setUint32(found.lengthAt, length >>> 0, true)
    return file
  },

  bits(file, random) {
    const found = locate(file, random.pick(tags.bits))
    if (found?.length !== 2) return null
    viewOf(file).setUint16(found.valueAt, random.chance(0.8) ? random.integer(0, 17) : anyUint16(random), true)
    return file
  },

  /** In the data set and, half of the time, in the codestream as well: a lie that is told twice. */
  dimensions(file, random) {
    const value = anyUint16(random)
    const which = random.integer(0, 1)
    const found = locate(file, tags.shapes[which])
    if (found?.length !== 2) return null
    viewOf(file).setUint16(found.valueAt, value, true)
    const frame = frameOf(file)
    if (frame && frame.length > 64 && random.chance(0.7)) forgeSize(frame, which, value)
    return file
  },

  tiles: mutateFrame((frame, random) => {
    if (frame[0] !== 0xff || frame[1] !== 0x4f) return false
    viewOf(frame).setUint32(random.pick([8, 12, 16, 20, 24, 28, 32, 36]), anyUint32(random) >>> 0)
    return true
  }),

  markers: mutateFrame((frame, random) => {
    const found = markersOf(frame)
    if (found.length === 0) return false
    const at = random.pick(found)
    if (random.chance(0.4)) frame[at + 1] = random.integer(0, 255)
    else frame[Math.min(frame.length - 1, at + random.integer(2, 16))] = random.integer(0, 255)
    return true
  }),

  fragments(file, random) {
    const items = locateFragments(file)
    if (items.length < 2) return null
    const item = random.pick(items)
    const length = random.pick([0, 1, item.length - 2, item.length + 2, item.length >> 1, anyUint32(random)])
    if (random.chance(0.5)) viewOf(file).setUint32(item.lengthAt, length >>> 0, true)
    else viewOf(file).setUint8(item.lengthAt - random.integer(1, 4), random.integer(0, 255))
    return file
  },

  luts(file, random) {
    const found = locate(file, tags.luts[0])
    if (found?.length !== 6) return null
    viewOf(file).setUint16(found.valueAt + 2 * random.integer(0, 2), anyUint16(random), true)
    return file
  },

  numbers: (file, random) => replaceText(file, random.pick(tags.texts), random.pick(numbers)),
  windows(file, random) {
    const width = replaceText(file, 0x00281051, String(Math.round(2 ** random.uniform(-4, 20))))
    return width && replaceText(width, 0x00281050, String(Math.round(random.uniform(-70_000, 70_000))))
  },
  terms: (file, random) => replaceText(file, random.pick(tags.terms), random.pick(terms)),

  damage(file, random) {
    const frame = frameOf(file)
    if (!frame || frame.length < 1500) return null
    const kind = random.pick(damageKinds)
    const damaged = damageFrame(frame, kind, random)
    frame.fill(0)
    frame.set(damaged)
    return file
  },

  bytes(file, random) {
    for (let count = random.integer(1, 8); count > 0; count--) {
      file[random.integer(0, file.length - 1)] = random.integer(0, 255)
    }
    return file
  },

  end: (file, random) => file.slice(0, random.integer(Math.min(file.length, 140), file.length)),
}

/** SOF of the JPEG family, SIZ of JPEG 2000. */
function forgeSize(frame: Uint8Array, which: number, value: number): void {
  const view = viewOf(frame)
  if (frame[1] === 0x4f) {
    view.setUint32(which === 0 ? 12 : 8, value)
    if (value > 1000) view.setUint32(which === 0 ? 28 : 24, value)
    return
  }
  const sof = markersOf(frame).find((at) => [0xc0, 0xc1, 0xc3, 0xf7].includes(frame[at + 1]))
  if (sof !== undefined && sof + 9 < frame.length) view.setUint16(sof + (which === 0 ? 5 : 7), value)
}

export interface Mutated {
  readonly bytes: Uint8Array
  /** Names of the mutations, in their order. */
  readonly made: readonly string[]
}

/** One to three mutations of a file; the same seed makes the same. */
export function mutateFile(file: Uint8Array, random: SeededRandom): Mutated {
  const made: string[] = []
  let bytes = Uint8Array.from(file)
  const wanted = random.pick([1, 1, 1, 2, 3])
  for (let tries = 0; made.length < wanted && tries < 20; tries++) {
    const name = random.pick(Object.keys(mutations))
    const changed = mutations[name](bytes, random)
    if (!changed) continue
    bytes = Uint8Array.from(changed)
    made.push(name)
  }
  return { bytes, made }
}
