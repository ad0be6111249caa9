// Builds what is deployed into dist/assets, from this checkout and its lock file, without Docker:
//   preprocess/  the preprocessing Lambda (arm64 unless --arch x64), dispatch/  the dispatching Lambda,
//   deliver/  the delivering Lambda,  backfill/  the Lambda that feeds archives,  table/  the Lambda that writes the results table,  console/  the console's API,  screen/  the build context of the screening image
//   (linux x64).
// Packages come from node_modules, which `npm ci` has checked; binaries of the target platform from the registry,
// held against the lock file's integrity, each time. The same checkout gives the same bytes.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import { writeBillOfMaterials, writeLicences } from './third-parties.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const { values: options } = parseArgs({
  options: {
    arch: { type: 'string', default: 'arm64' },
    out: { type: 'string', default: join(root, 'dist/assets') },
  },
})

/** What was fetched before, by its integrity. */
const cache = join(root, 'node_modules/.cache/packages')
/** Left outside of the bundles: native code, WebAssembly, a typeface. */
const codecPackages = ['@cornerstonejs/codec-charls', '@cornerstonejs/codec-openjpeg']
/** Every package of which a part is in an asset. */
const shipped = new Map()
const external = ['sharp', ...codecPackages, 'dcmjs-codecs', 'onnxruntime-node', '@fontsource/ibm-plex-sans']

await buildPreprocess(join(options.out, 'preprocess'), options.arch)
await buildDispatch(join(options.out, 'dispatch'))
await buildDeliver(join(options.out, 'deliver'))
await buildBackfill(join(options.out, 'backfill'))
await buildTable(join(options.out, 'table'))
await buildScreen(join(options.out, 'screen'))
await buildConsole(join(options.out, 'console'), options.arch)

async function buildPreprocess(target, arch) {
  start(target, 'pleura-preprocess')
  await bundle(target, { 'main.mjs': 'functions/preprocess/main.ts' })
  await addCodecs(target, arch)
  // What the images of this release are screened with, without the networks: receipts name the results that come.
  copyModels(target, ['model.json'])
  completeAsset(target)
}

async function buildConsole(target, arch) {
  start(target, 'pleura-console')
  await bundle(target, { 'main.mjs': 'functions/console/main.ts' })
  await addCodecs(target, arch)
  completeAsset(target)
}

/** What decodes pixels: a thread's program, and the packages that it loads. */
async function addCodecs(target, arch) {
  await bundle(target, { 'dist/lib/adapters/codecs/codec-worker.js': 'lib/adapters/codecs/codec-worker.ts' })
  await addSharp(target, arch)
  copyPackages(target, codecPackages, (file) => /package\.json$|LICENSE|wasm_decode\.(js|wasm)$/.test(file))
  await addDcmjsCodecs(target)
}

async function buildDispatch(target) {
  start(target, 'pleura-dispatch')
  await bundle(target, { 'main.mjs': 'functions/dispatch/main.ts' })
  completeAsset(target)
}

async function buildDeliver(target) {
  start(target, 'pleura-deliver')
  await bundle(target, { 'main.mjs': 'functions/deliver/main.ts' })
  completeAsset(target)
}

async function buildBackfill(target) {
  start(target, 'pleura-backfill')
  await bundle(target, { 'main.mjs': 'functions/backfill/main.ts' })
  completeAsset(target)
}

async function buildTable(target) {
  start(target, 'pleura-table')
  await bundle(target, { 'main.mjs': 'functions/table/main.ts' })
  completeAsset(target)
}

async function buildScreen(target) {
  start(target, 'pleura-screen')
  const app = join(target, 'app')
  writePackage(app, 'pleura-screen')
  await bundle(app, {
    'main.js': 'functions/screen/main.ts',
    'documents-program.js': 'functions/screen/documents-program.ts',
    'inference-program.js': 'functions/screen/inference-program.ts',
  })
  await addSharp(app, 'x64')
  copyPackages(app, ['onnxruntime-node', 'onnxruntime-common'], (file) =>
    /package\.json$|LICENSE|\/dist\/[^/]+\.js$|\/dist\/cjs\/|\/bin\/napi-v6\/linux\/x64\//.test(file),
  )
  copyPackages(app, ['@fontsource/ibm-plex-sans'], (file) =>
    /package\.json$|LICENSE|ibm-plex-sans-latin-400-normal\.woff$/.test(file),
  )
  copyModels(target)
  for (const name of ['Dockerfile', 'vendor-cuda.sh', 'cuda-provider.txt'])
    cpSync(join(root, 'functions/screen', name), join(target, name))
  completeAsset(target)
}

/** The bundles of this checkout: these files of each, or all. */
function copyModels(target, only) {
  const models = join(root, 'models')
  const place = (file) => cpSync(join(models, file), join(target, 'models', file), { recursive: true })
  place('profile.json')
  for (const name of readdirSync(models).filter((folder) => existsSync(join(models, folder, 'model.json')))) {
    for (const file of only ?? readdirSync(join(models, name))) place(join(name, file))
  }
}

function start(target, name) {
  rmSync(target, { recursive: true, force: true })
  mkdirSync(target, { recursive: true })
  writePackage(target, name)
}

function writePackage(target, name) {
  mkdirSync(target, { recursive: true })
  writeFileSync(join(target, 'package.json'), `${JSON.stringify({ name, version, private: true, type: 'module' })}\n`)
}

async function bundle(target, files) {
  const { metafile } = await build({
    metafile: true,
    absWorkingDir: root,
    entryPoints: Object.entries(files).map(([out, entry]) => ({ in: entry, out: out.replace(/\.m?js$/, '') })),
    outdir: target,
    outExtension: { '.js': Object.keys(files)[0].endsWith('.mjs') ? '.mjs' : '.js' },
    bundle: true,
    external,
    platform: 'node',
    // ES modules before CommonJS: esbuild can then leave out what is not used of the SDK, and a cold start reads less.
    mainFields: ['module', 'main'],
    format: 'esm',
    target: 'node22',
    minify: true,
    keepNames: true,
    legalComments: 'none',
    // Parts of the SDK are CommonJS and call `require`, which ES modules do not have.
    banner: { js: "import{createRequire as __r}from'node:module';const require=__r(import.meta.url);" },
    logLevel: 'warning',
  })
  record(target, metafile)
}

function record(target, { inputs }) {
  for (const file of Object.keys(inputs)) {
    const [, name] = file.match(/.*node_modules\/((?:@[^/]+\/)?[^/]+)\//) ?? []
    if (name) ship(target, name)
  }
}

/** Notes that an asset holds a package. */
function ship(target, name) {
  const asset = relative(options.out, target).split('/')[0]
  shipped.set(asset, (shipped.get(asset) ?? new Set()).add(name))
}

function copyPackages(target, names, keep = (file) => !/\.(d\.ts|map|md|markdown)$/i.test(file)) {
  for (const name of names) {
    ship(target, name)
    const from = join(root, 'node_modules', name)
    for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue
      const file = join(entry.parentPath, entry.name)
      const inside = relative(from, file)
      if (/\.(d\.ts|map)$/.test(inside)) continue
      const isLicence = /^(licen[cs]e|notice)/i.test(basename(file))
      if (!inside.startsWith('node_modules/') && (keep(`/${inside}`) || isLicence))
        place(file, join(target, 'node_modules', name, inside))
    }
  }
}

/** dcmjs-codecs bundled with the part of dcmjs that it uses: all of dcmjs would be 30 times as large. */
async function addDcmjsCodecs(target) {
  copyPackages(target, ['dcmjs-codecs'], (file) => /^\/package\.json$|\.wasm$/.test(file))
  const { metafile } = await build({
    metafile: true,
    absWorkingDir: root,
    entryPoints: ['node_modules/dcmjs-codecs/build/dcmjs-codecs.min.js'],
    outfile: join(target, 'node_modules/dcmjs-codecs/build/dcmjs-codecs.min.js'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    minify: true,
    legalComments: 'none',
    logLevel: 'error',
  })
  record(target, metafile)
}

/** sharp's JavaScript in one file: to find and read its forty files took a third of the Lambda's import time. */
async function addSharp(target, arch) {
  copyPackages(target, ['sharp'], (file) => file === '/package.json')
  const { metafile } = await build({
    metafile: true,
    absWorkingDir: root,
    entryPoints: ['node_modules/sharp/dist/index.mjs'],
    outfile: join(target, 'node_modules/sharp/dist/index.mjs'),
    external: ['@img/sharp-*'],
    bundle: true,
    platform: 'node',
    format: 'esm',
    minify: true,
    legalComments: 'none',
    banner: { js: "import{createRequire as __r}from'node:module';const require=__r(import.meta.url);" },
    logLevel: 'warning',
  })
  record(target, metafile)
  for (const name of [`@img/sharp-linux-${arch}`, `@img/sharp-libvips-linux-${arch}`]) {
    ship(target, name)
    const folder = fetchPackage(name)
    cpSync(folder, join(target, 'node_modules', name), { recursive: true })
    rmSync(dirname(folder), { recursive: true, force: true })
  }
}

/** A package of the lock file, whatever platform it is for. @returns the folder with its files */
function fetchPackage(name) {
  const { version: wanted, integrity } = lock[`node_modules/${name}`]
  const folder = mkdtempSync(join(tmpdir(), 'pleura-package-'))
  const kept = join(cache, `${integrity.replaceAll(/\W/g, '_')}.tgz`)
  const integrityOf = (file) => {
    const [algorithm] = integrity.split('-')
    return `${algorithm}-${createHash(algorithm).update(readFileSync(file)).digest('base64')}`
  }
  if (!existsSync(kept) || integrityOf(kept) !== integrity) {
    const quiet = { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }
    const words = execFileSync('npm', ['pack', '--silent', `${name}@${wanted}`], quiet)
      .trim()
      .split('\n')
    const tarball = join(folder, words.pop())
    const found = integrityOf(tarball)
    if (found !== integrity)
      throw new Error(`${name}@${wanted} has integrity ${found}, the lock file says ${integrity}`)
    mkdirSync(cache, { recursive: true })
    const draft = `${kept}.${process.pid}.draft`
    cpSync(tarball, draft)
    renameSync(draft, kept)
  }
  execFileSync('tar', ['-xzf', kept], { cwd: folder })
  return join(folder, 'package')
}

function place(from, to) {
  mkdirSync(dirname(to), { recursive: true })
  cpSync(from, to)
}

/** Adds licences and bill of materials, and gives all files the same time, so that equal files make equal archives. */
function completeAsset(target) {
  const asset = basename(target)
  writeLicences(target, shipped.get(asset), root)
  writeBillOfMaterials(join(options.out, `${asset}.cdx.json`), shipped.get(asset), root)
  const epoch = new Date(Date.UTC(2020, 0, 1))
  for (const entry of readdirSync(target, { recursive: true, withFileTypes: true })) {
    utimesSync(join(entry.parentPath, entry.name), epoch, epoch)
  }
  process.stdout.write(`${relative(root, target)}: built\n`)
}
