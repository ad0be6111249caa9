import { type ChildProcess, fork } from 'node:child_process'
import { parseArgs } from 'node:util'
import { formatTable } from '../../lib/cli/terminal.ts'
import { builtProgram } from '../../lib/embedded/package-root.ts'
import type { FuzzReply } from './fuzz-messages.ts'

/**
 * `npm run fuzz [-- --seconds 120 --seed 1 --from 0]`: prepares mutated files one after the other in a process of its
 * own, and counts what must not happen. Input N of a seed is the same
 * file wherever the same seed files are (the shared corpus is among them where it lies beside the checkout):
 * `--from N --seconds 1` repeats it.
 */
const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '120' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
  },
})

/** No mutated file is so large that its frame may take longer; the machine may be busy. Unit: ms */
const hangMs = 20_000
/** What one file may add to the process. Unit: bytes. */
const maximumExtraBytes = 300_000_000
const oneGrey = 0.995

interface Found {
  readonly kind: string
  readonly index: number
  readonly detail: string
}

const found: Found[] = []
const codes = new Map<string, number>()
const mutationCounts = new Map<string, number>()
let inputs = 0
let slowest = 0
let damaged = 0

function count(map: Map<string, number>, key: string): void {
  map.set(key, (map.get(key) ?? 0) + 1)
}

async function start(): Promise<ChildProcess> {
  const child = fork(builtProgram('test/fuzz/fuzz-process.ts'), [options.seed])
  await new Promise((resolve, reject) => child.once('message', resolve).once('exit', reject))
  child.removeAllListeners('exit')
  return child
}

type Ended = FuzzReply | 'hang' | 'crash'

function ask(child: ChildProcess, index: number): Promise<Ended> {
  return new Promise((resolve) => {
    const settle = (ended: Ended): void => {
      clearTimeout(limit)
      child.removeAllListeners('message').removeAllListeners('exit')
      resolve(ended)
    }
    const limit = setTimeout(() => settle('hang'), hangMs)
    child.once('message', (reply: FuzzReply) => settle(reply)).once('exit', () => settle('crash'))
    child.send(index)
  })
}

function judge(reply: FuzzReply): void {
  const { index, seedFile, made, code, defect, milliseconds, extraBytes, oneGreyShare, silent } = reply
  const detail = `${seedFile}: ${made.join(', ')}`
  slowest = Math.max(slowest, milliseconds)
  count(codes, code ?? 'prepared')
  for (const name of made) count(mutationCounts, name)
  if (made.length === 1 && made[0] === 'damage') damaged++
  if (defect !== null) found.push({ kind: 'uncoded error', index, detail: `${detail}: ${defect}` })
  if (extraBytes > maximumExtraBytes) {
    found.push({ kind: 'over its memory', index, detail: `${detail}: ${Math.round(extraBytes / 1e6)} MB` })
  }
  if (code === 'time-limit') found.push({ kind: 'stopped at its time limit', index, detail })
  if (oneGreyShare > oneGrey) found.push({ kind: 'picture of one grey level', index, detail })
  if (silent) found.push({ kind: 'silent damage', index, detail })
}

let child = await start()
const until = performance.now() + 1000 * Number(options.seconds)
for (let index = Number(options.from); performance.now() < until; index++) {
  const ended = await ask(child, index)
  inputs++
  if (typeof ended === 'object') judge(ended)
  else {
    found.push({ kind: ended, index, detail: '' })
    child.kill('SIGKILL')
    child = await start()
  }
}
child.kill()

const kinds = ['crash', 'hang', 'over its memory', 'uncoded error', 'picture of one grey level']
const numberOf = (kind: string): number => found.filter((one) => one.kind === kind).length
const byNumber = (map: Map<string, number>): string[][] =>
  [...map].sort((a, b) => b[1] - a[1]).map(([name, number]) => [name, String(number)])
for (const { kind, index, detail } of found.slice(0, 100))
  console.log(`${kind} (--seed ${options.seed} --from ${index}) ${detail}`)
console.log(formatTable(['mutation', 'made'], byNumber(mutationCounts)))
console.log(formatTable(['outcome', 'inputs'], byNumber(codes)))
console.log(
  formatTable(
    ['what must not happen', ''],
    [
      ['inputs', String(inputs)],
      ...kinds.map((kind) => [kind, String(numberOf(kind))]),
      ['stopped at its time limit', String(numberOf('stopped at its time limit'))],
      ['silent damage', `${numberOf('silent damage')} of ${damaged}`],
      ['slowest', `${Math.round(slowest)} ms`],
    ],
  ),
)
// Damage cannot always be known, and a frame that is stopped was stopped: the rest is a defect of ours.
if (kinds.some((kind) => numberOf(kind) > 0)) process.exitCode = 1
