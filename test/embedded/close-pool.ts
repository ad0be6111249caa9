import { readFileSync } from 'node:fs'
import { ProcessPool } from '../../lib/embedded/process-pool.ts'
import { defaultSuitabilityPolicy } from '../../lib/screening/radiograph/suitability.ts'

/** Program: closes a pool whose process does not end when it is asked to. */
const [file, outDir] = process.argv.slice(2)
const pool = new ProcessPool(1)
const imageId = '0'.repeat(32) as Parameters<typeof pool.prepareFile>[0]['imageId']
const task = { path: file, imageId, outDir, policy: defaultSuitabilityPolicy, fullResolution: false }
await pool.prepareFile(task).catch(() => {})
const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ')
for (const child of children) process.kill(Number(child), 'SIGSTOP')
await pool.close()
console.log('closed')
