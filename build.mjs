// Bundles the programs into dist/, packages left outside. `npm ci` runs it, so `npx pleura` works in the checkout.
// Chunks of earlier builds stay, and a file that is the same is not written again: a program that is running, or
// starting, may load them meanwhile.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const programs = [
  'lib/cli/main.ts',
  'lib/embedded/screen-worker.ts',
  'lib/adapters/codecs/codec-worker.ts',
  'functions/screen/documents-program.ts',
  'functions/screen/inference-program.ts',
  'test/bench/fit-upright.ts',
  'test/bench/main.ts',
  'test/bench/memory-process.ts',
  'test/bench/preprocess-process.ts',
  'test/bench/presentation-sweep.ts',
  'test/fuzz/damage-table.ts',
  'test/fuzz/fuzz-process.ts',
  'test/fuzz/main.ts',
]

const root = fileURLToPath(new URL('.', import.meta.url))

const built = await build({
  absWorkingDir: root,
  write: false,
  entryPoints: programs,
  outbase: '.',
  outdir: 'dist',
  bundle: true,
  splitting: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node20',
  sourcemap: true,
  logLevel: 'warning',
})

for (const { path, contents } of built.outputFiles) place(path, contents)

// The console's page: a server reads all of its folder at its start, so nothing of an earlier build may stay there.
const page = join(root, 'dist/lib/console/page')
const { outputFiles } = await build({
  absWorkingDir: root,
  write: false,
  entryPoints: [
    { in: 'lib/console/page/main.tsx', out: 'console' },
    { in: 'lib/console/page/styles/console.css', out: 'console' },
  ],
  outdir: page,
  bundle: true,
  splitting: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  logLevel: 'warning',
})
const files = new Map(outputFiles.map(({ path, contents }) => [basename(path), contents]))
for (const name of ['index.html', 'icon.svg']) files.set(name, readFileSync(join(root, 'lib/console/page', name)))
// The libraries that are bundled into the page.
for (const [name, folder] of Object.entries({ preact: 'preact', 'noble-hashes': '@noble/hashes' })) {
  files.set(`${name}.LICENSE.txt`, readFileSync(join(root, 'node_modules', folder, 'LICENSE')))
}
for (const [name, contents] of files) place(join(page, name), contents)
for (const name of readdirSync(page)) if (!files.has(name)) rmSync(join(page, name), { recursive: true })

/** Writes a file whole, unless it is there already. */
function place(path, contents) {
  if (existsSync(path) && readFileSync(path).equals(contents)) return
  mkdirSync(dirname(path), { recursive: true })
  const draft = `${path}.${process.pid}.draft`
  const isProgram = contents[0] === 0x23 && contents[1] === 0x21 // '#!'
  writeFileSync(draft, contents, { mode: isProgram ? 0o777 : 0o666 })
  renameSync(draft, path)
}
