import { parseArgs } from 'node:util'
import { createCodecs } from '../../lib/adapters/codecs/create-codecs.ts'
import { formatTable } from '../../lib/cli/terminal.ts'
import { createRandom } from '../../lib/phantom/seeded-random.ts'
import { StudyRejectedError } from '../../lib/screening/kernel/errors.ts'
import { decodeRadiograph } from '../../lib/screening/radiograph/decode-radiograph.ts'
import { type DamageKind, damageFrame, damageKinds } from './damage-frame.ts'
import { codecNames, type MadeFrame, makeFrames, wrapFrame } from './make-frames.ts'

/** `npm run damage [-- --count 1000 --seed 1 --codec NAME]`: how many of so many damaged codestreams are found out. */
const { values: options } = parseArgs({
  options: {
    count: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    codec: { type: 'string' },
  },
})
const count = Number(options.count)
const seed = Number(options.seed)
const codecs = createCodecs()

type Outcome = 'refused' | 'warned of' | 'same pixels' | 'silent'

async function judge(frame: MadeFrame, whole: ArrayLike<number>, bytes: Uint8Array): Promise<Outcome> {
  try {
    const { values, warnings } = await decodeRadiograph(wrapFrame(frame, bytes), codecs)
    if (warnings.includes('pixel-data-damaged')) return 'warned of'
    return values.every((value, pixel) => value === whole[pixel]) ? 'same pixels' : 'silent'
  } catch (error) {
    if (error instanceof StudyRejectedError) return 'refused'
    throw error
  }
}

async function tally(frames: readonly MadeFrame[], kind: DamageKind): Promise<Map<Outcome, number>> {
  const random = createRandom(seed, `${frames[0].codec}/${kind}`)
  const wholes = await Promise.all(
    frames.map(async (frame) => (await decodeRadiograph(wrapFrame(frame), codecs)).values),
  )
  const counts = new Map<Outcome, number>()
  for (let index = 0; index < count; index++) {
    const which = index % frames.length
    const outcome = await judge(frames[which], wholes[which], damageFrame(frames[which].bytes, kind, random))
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
  }
  return counts
}

const frames = await makeFrames(seed)
const rows: string[][] = []
for (const codec of codecNames.filter((name) => !options.codec || name === options.codec)) {
  for (const kind of damageKinds) {
    const counts = await tally(
      frames.filter((frame) => frame.codec === codec),
      kind,
    )
    const numbers = (['refused', 'warned of', 'same pixels', 'silent'] as const).map((o) => String(counts.get(o) ?? 0))
    rows.push([codec, kind, ...numbers])
  }
}
await codecs.close()
console.log(formatTable(['codec', 'damage', 'refused', 'warned of', 'same pixels', 'silent'], rows))
