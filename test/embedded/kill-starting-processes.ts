import { readFileSync } from 'node:fs'
import { ProcessPool } from '../../lib/embedded/process-pool.ts'
import { imageIdOf } from '../../lib/screening/kernel/identifiers.ts'
import { defaultSuitabilityPolicy } from '../../lib/screening/radiograph/suitability.ts'

/** Program: kills every process of a pool as it starts; then leaves them alone. Says what became of the two images. */
const [file, outDir] = process.argv.slice(2)
const pool = new ProcessPool(1)
const imageId = imageIdOf(readFileSync(file))
const task = { path: file, imageId, outDir, policy: defaultSuitabilityPolicy, fullResolution: false }
const prepare = () =>
  pool.prepareFile(task).then(
    ({ outcome }) => outcome,
    (error: Error) => error.message,
  )
const killer = setInterval(() => {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8')
  for (const child of children.match(/\d+/g) ?? []) process.kill(Number(child), 'SIGKILL')
}, 5)
// It must not be what keeps the program awake.
killer.unref()
console.log(await prepare())
clearInterval(killer)
console.log(await prepare())
await pool.close()
