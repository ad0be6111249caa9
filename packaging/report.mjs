// What the preprocessing package weighs, and how long one core takes to import it: packaging/report.mjs [RUNS]
// Weighs the arm64 package that is deployed; imports the x64 one, in a new Node each time, held to core 0 (Linux).
import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { zipFolder } from './zip-folder.mjs'

const runs = Number(process.argv[2] ?? 9)
const builder = join(dirname(fileURLToPath(import.meta.url)), 'build-assets.mjs')
const temporary = mkdtempSync(join(tmpdir(), 'pleura-report-'))
// Processor time as well as wall time: on a busy machine wall time includes waiting for other programs.
const measure = `const before = process.cpuUsage(), start = performance.now()
  await import(process.argv[1])
  const { user, system } = process.cpuUsage(before)
  process.stdout.write(JSON.stringify({ wall: performance.now() - start, processor: (user + system) / 1000 }))
  process.exit(0)`
// A stand-in for the parameter store: the program reads its tenants from there while it is imported, and finds one.
const parameters = createServer((_, response) =>
  response.end(JSON.stringify({ Parameters: [{ Name: '/tenants/north', Value: '{"id":"north"}' }] })),
)
await new Promise((resolve) => parameters.listen(0, '127.0.0.1', resolve))
const environment = {
  PATH: process.env.PATH,
  NODE_NO_WARNINGS: '1',
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'none',
  AWS_SECRET_ACCESS_KEY: 'none',
  AWS_ENDPOINT_URL: `http://127.0.0.1:${parameters.address().port}`,
  STUDY_BUCKET: 'none',
  STAT_QUEUE_URL: 'http://127.0.0.1:9/stat',
  ROUTINE_QUEUE_URL: 'http://127.0.0.1:9/routine',
  TENANTS_PARAMETER_PATH: '/tenants',
  EVENT_BUS_NAME: 'none',
  MAXIMUM_UPLOAD_BYTES: '1',
}

const print = (line) => process.stdout.write(`${line}\n`)

try {
  for (const arch of ['arm64', 'x64']) {
    execFileSync('node', [builder, '--arch', arch, '--out', join(temporary, arch)], { stdio: 'pipe' })
  }
  const zip = zipFolder(join(temporary, 'arm64/preprocess'))
  print(`preprocessing package, arm64: ${(zip.length / 1e6).toFixed(2)} MB zipped`)
  const program = pathToFileURL(join(temporary, 'x64/preprocess/main.mjs')).href
  const node = [process.execPath, '--input-type=module', '--eval', measure, program]
  const samples = []
  for (let run = 0; run < runs; run++) {
    const { stdout } = await promisify(execFile)('taskset', ['-c', '0', ...node], { env: environment })
    samples.push(JSON.parse(stdout))
  }
  print(`import and first look at the tenants, x64, Node ${process.versions.node}, one core, ${runs} runs:`)
  for (const kind of ['wall', 'processor']) {
    const times = samples.map((sample) => sample[kind]).sort((a, b) => a - b)
    const [fastest, median, slowest] = [0, Math.floor(runs / 2), runs - 1].map((index) => times[index].toFixed(0))
    print(`${kind} time: fastest ${fastest} ms, median ${median} ms, slowest ${slowest} ms`)
  }
} finally {
  parameters.close()
  rmSync(temporary, { recursive: true, force: true })
}
