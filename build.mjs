// Bundles the programs into dist/, packages left outside. `npm ci` runs it, so `npx pleura` works in the checkout.
// Chunks of earlier builds stay: a program that is running may still load them.
import { copyFileSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
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

await build({
  absWorkingDir: root,
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

// The console's page, whole: a server reads it at its start, so nothing of an earlier build may stay beside it.
const page = join(root, 'dist/lib/console/page')
rmSync(page, { recursive: true, force: true })
mkdirSync(page, { recursive: true })
for (const file of ['index.html', 'icon.svg']) {
  copyFileSync(join(root, 'lib/console/page', file), join(page, file))
}
// The one library that is bundled into the page.
copyFileSync(join(root, 'node_modules/preact/LICENSE'), join(page, 'preact.LICENSE.txt'))
await build({
  absWorkingDir: root,
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
