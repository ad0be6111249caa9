import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createCodecs } from '../../lib/adapters/codecs/create-codecs.ts'
import { systemClock } from '../../lib/adapters/embedded/system-clock.ts'
import { formatTable } from '../../lib/cli/terminal.ts'
import { listInputs } from '../../lib/embedded/list-inputs.ts'
import { writePhantomSet } from '../../lib/phantom/write-phantom-set.ts'
import { type Preprocessed, preprocess } from '../../lib/screening/preprocess.ts'
import { defaultSuitabilityPolicy } from '../../lib/screening/radiograph/suitability.ts'
import { benchCascade } from './cascade.ts'
import { benchConsole } from './console.ts'
import { validateCost } from './cost-validation.ts'
import { benchDelivering } from './delivering.ts'
import { benchDocuments } from './documents.ts'
import { benchFileToDocuments } from './file-to-documents.ts'
import { benchLargeMasks } from './large-masks.ts'
import { benchLargest } from './largest.ts'
import { benchMemory } from './memory.ts'
import { benchPreprocessing } from './preprocessing.ts'
import { benchReceiving } from './receiving.ts'
import { benchTable } from './table.ts'
import { benchThroughput } from './throughput.ts'
import { benchWorker } from './worker.ts'

/**
 * `npm run bench [-- --images N] [--only PART]`: on this machine, all parts in one run. Medians of
 * repeated runs with their interquartile range. Wall times are noisy on a shared machine: the load is printed beside.
 */
const parts = [
  'file',
  'preprocessing',
  'cascade',
  'throughput',
  'documents',
  'worker',
  'masks',
  'largest',
  'cost',
  'listen',
  'deliver',
  'console',
  'memory',
  'table',
] as const
const { values: options } = parseArgs({
  options: {
    images: { type: 'string', default: '1000' },
    only: { type: 'string' },
    results: { type: 'string', default: '1000000,10000000' },
  },
})
const images = Number(options.images)
if (options.only !== undefined && !parts.some((part) => part === options.only)) {
  throw new Error(`--only is one of ${parts.join(', ')}`)
}
const wanted = (...named: (typeof parts)[number][]): boolean =>
  options.only === undefined || named.some((part) => part === options.only)

const folder = await mkdtemp(join(tmpdir(), 'pleura-bench-'))
console.log(`${cpus()[0].model}, ${cpus().length} cores, Node ${process.version}\n`)

async function makePhantoms(name: string, count: number, rows: number): Promise<string[]> {
  await writePhantomSet({ count, outDir: join(folder, name), seed: 1, rows })
  const found = await listInputs([join(folder, name, 'dicom-images-train')], '')
  return found.map(({ path }) => path)
}

function print(title: string, rows: string[][]): void {
  console.log(`${formatTable([`${title} (load ${loadavg()[0].toFixed(1)})`, ''], rows)}\n`)
}

/** The first phantom in a native transfer syntax: DCMTK's tool reads it without further codecs. */
async function firstNative(files: readonly string[]): Promise<string> {
  for (const file of files) if ((await readFile(file)).includes('1.2.840.10008.1.2.1\0')) return file
  throw new Error('no phantom in explicit little endian')
}

/** More files of other content, without drawing more phantoms: what follows the pixel data is padding. */
async function multiply(files: readonly string[], times: number): Promise<string[]> {
  const copies = files.flatMap((file, index) =>
    Array.from({ length: times }, async (_, copy) => {
      const path = join(folder, `copy-${index}-${copy}.dcm`)
      await writeFile(path, Buffer.concat([await readFile(file), Buffer.alloc(2 * copy)]))
      return path
    }),
  )
  return Promise.all(copies)
}

async function prepare(files: readonly string[]): Promise<Preprocessed[]> {
  const codecs = createCodecs()
  const studies = await Promise.all(
    files.map(async (file) => preprocess(await readFile(file), codecs, defaultSuitabilityPolicy, systemClock)),
  )
  await codecs.close()
  return studies
}

const ordinary = options.only === 'table' ? [] : await makePhantoms('ordinary', 16, 1024)
const large = wanted('file', 'documents', 'memory', 'console') ? await makePhantoms('large', 4, 3000) : []
if (wanted('preprocessing')) {
  print('preprocessing, 3000 × 3000, 12 bits, processor time', await benchPreprocessing(folder))
}
if (wanted('cascade')) print('cascade, one 1024² phantom, one thread', await benchCascade(ordinary[0]))
if (wanted('throughput')) print('end to end', await benchThroughput(await multiply(ordinary, 3)))
if (wanted('file')) {
  print('file to documents, 1024²', await benchFileToDocuments('1024²', ordinary))
  print('file to documents, 3000²', await benchFileToDocuments('3000²', large))
}
if (wanted('documents')) {
  const [study] = await prepare(large.slice(0, 1))
  print('documents of one suspected 3000 × 3000 image', await benchDocuments(study))
}
if (wanted('worker')) print('cloud worker, one thread for inference', await benchWorker(await prepare(ordinary)))
if (wanted('masks')) print('cloud worker, masks of 64 megapixels', await benchLargeMasks(await prepare(ordinary)))
if (wanted('largest')) print('preprocessing, 8000 × 8000 of 12 bits', await benchLargest(folder))
if (wanted('cost')) {
  const rows = await validateCost(await prepare(ordinary))
  console.log(`${formatTable(['one worker against `pleura cost`', 'measured', 'simulated', 'difference'], rows)}\n`)
}
if (wanted('listen')) {
  const tenMegabytes = await firstNative(await makePhantoms('ten-megabytes', 2, 2240))
  print('receiving, one association of storescu', await benchReceiving(tenMegabytes, folder))
}
if (wanted('deliver')) print('delivering to a local target', await benchDelivering(folder))
if (wanted('console')) print('console, radiographs of 3000 × 3000, no graphics card', await benchConsole(large, folder))
if (wanted('memory')) {
  print(`memory of one screening process over ${images} images`, benchMemory([...ordinary, ...large], images))
}
if (wanted('table')) {
  for (const results of options.results.split(',').map(Number)) {
    print(`results table, ${results} results`, await benchTable(folder, results))
  }
}
