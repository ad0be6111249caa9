import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')

/** The way of a study: a stage may import those before it. */
const stages = [
  'upload',
  'radiograph',
  'prepared-image',
  'screening-job',
  'classification',
  'segmentation',
  'finding',
  'result-documents',
]
/** Pure libraries that compute and touch nothing outside. */
const pureLibraries = ['zod', 'd3-contour']
/** Libraries of types, of which nothing is left when it runs. */
const typeLibraries = ['fhir/r4.js']
const pureBuiltins = ['node:crypto', 'node:zlib', 'node:util', 'node:buffer']

function sourcesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
}

interface Import {
  readonly from: string
  readonly target: string
  readonly typeOnly: boolean
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8')
  const pattern =
    /^(?:import|export)\s+(type\s)?(?:[^'"]*?\sfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm
  return [...text.matchAll(pattern)].map(([, type, statically, dynamically]) => {
    const specifier = statically ?? dynamically
    const target = specifier.startsWith('.') ? relative(root, resolve(root, dirname(file), specifier)) : specifier
    return { from: file, target, typeOnly: type !== undefined }
  })
}

function violations(folder: string, isAllowed: (target: string, imported: Import) => boolean): string[] {
  return sourcesBelow(folder)
    .flatMap(importsOf)
    .filter((imported) => !isAllowed(imported.target, imported))
    .map(({ from, target }) => `${from} imports ${target}`)
}

const deploymentConfig = 'lib/infrastructure/config.ts'
const isOutside = (target: string): boolean => !/^(lib|functions|test)\//.test(target)
const isPure = (target: string): boolean => pureLibraries.includes(target) || pureBuiltins.includes(target)
const below =
  (...folders: string[]) =>
  (target: string) =>
    folders.some((folder) => target.startsWith(`lib/${folder}/`))

describe('import rules', () => {
  it('finds the imports it judges', () => {
    expect(importsOf('lib/screening/screen.ts').map(({ target }) => target)).toContain(
      'lib/screening/classification/classify.ts',
    )
  })

  it('lets the kernel import itself and the schema library only', () => {
    const isKernel = below('screening/kernel')
    expect(violations('lib/screening/kernel', (t) => isKernel(t) || isPure(t))).toEqual([])
  })

  it.each(stages)('lets stage %s import the kernel, itself, earlier stages and pure libraries only', (stage) => {
    const allowed = ['kernel', ...stages.slice(0, stages.indexOf(stage) + 1)].map((name) => `screening/${name}`)
    expect(
      violations(
        `lib/screening/${stage}`,
        (t, { typeOnly }) => below(...allowed)(t) || isPure(t) || (typeOnly && typeLibraries.includes(t)),
      ),
    ).toEqual([])
  })

  it('lets the two halves of the pipeline import stages only', () => {
    const halves = ['lib/screening/preprocess.ts', 'lib/screening/screen.ts']
    const bad = halves.flatMap(importsOf).filter(({ target }) => !below('screening')(target))
    expect(bad).toEqual([])
  })

  it('keeps the domain from clocks, the environment, consoles and randomness', () => {
    const forbidden = /\b(Date\.now|new Date\(\)|performance\.now|process\.|console\.|Math\.random|setTimeout)\b/
    const sources = ['lib/screening', 'lib/delivery'].flatMap(sourcesBelow)
    expect(sources.filter((file) => forbidden.test(readFileSync(join(root, file), 'utf8')))).toEqual([])
  })

  it('lets delivery import the domain and pure libraries only', () => {
    expect(violations('lib/delivery', (t) => below('delivery', 'screening')(t) || isPure(t))).toEqual([])
    const bad = violations('lib/screening', (t) => !below('delivery')(t))
    expect(bad).toEqual([])
  })

  it('lets adapters import the domain, the columns of the table and the libraries they adapt', () => {
    expect(
      violations('lib/adapters', (t) => isOutside(t) || below('screening', 'delivery', 'adapters', 'table')(t)),
    ).toEqual([])
  })

  it('keeps phantoms out of the domain and the adapters', () => {
    const bad = ['lib/screening', 'lib/adapters'].flatMap((folder) => violations(folder, (t) => !below('phantom')(t)))
    expect(bad).toEqual([])
    expect(violations('lib/phantom', (t) => isOutside(t) || below('screening', 'adapters', 'phantom')(t))).toEqual([])
  })

  it("lets the embedded programs import the domain, the adapters and the console's API", () => {
    const allowed = below('screening', 'delivery', 'adapters', 'embedded', 'table', 'console/contract', 'console/api')
    expect(violations('lib/embedded', (t) => isOutside(t) || allowed(t))).toEqual([])
  })

  it('lets the results table import the domain, and read its queries', () => {
    const reads = ['node:fs', 'node:path']
    expect(violations('lib/table', (t) => below('table', 'screening')(t) || reads.includes(t))).toEqual([])
  })

  it("lets the console's contract import the schema library and the schemas of results and studies", () => {
    const schemas = ['result-document.ts', 'study-result/study-result.ts']
    const isSchema = (t: string) => schemas.some((s) => t === `lib/screening/result-documents/${s}`) || t === 'zod'
    expect(violations('lib/console/contract', (t) => isSchema(t) || below('console/contract')(t))).toEqual([])
  })

  it("lets the console's API import its contract, the domain, the router, and of evaluation what it must count alike", () => {
    const alike = [
      'lib/evaluation/dataset/image-key.ts',
      'lib/evaluation/drift/detect-drift.ts',
      'lib/evaluation/drift/summarise-period.ts',
    ]
    const isRouter = (t: string) => t === 'hono' || t.startsWith('hono/') || t === '@hono/zod-openapi'
    const allowed = below('console/contract', 'console/api', 'screening')
    const isMetric = below('evaluation/metrics')
    const isAllowed = (t: string) => allowed(t) || isMetric(t) || alike.includes(t) || isRouter(t) || t === 'zod'
    expect(violations('lib/console/api', isAllowed)).toEqual([])
  })

  it('lets the page import types of the contract, and of the domain only what it must do alike', () => {
    const alike = ['lib/screening/prepared-image/apply-window.ts', 'lib/screening/finding/run-length.ts']
    const libraries = ['preact', 'preact/hooks', '@noble/hashes/sha2', '@noble/hashes/utils']
    const isOfPage = (t: string) => below('console/page')(t) || libraries.includes(t)
    const allowed = (t: string, { typeOnly }: Import) =>
      isOfPage(t) || alike.includes(t) || (typeOnly && below('console/contract')(t))
    expect(violations('lib/console/page', allowed)).toEqual([])
  })

  it("lets the operator's tools import the domain, the adapters, phantoms and the deployment's config", () => {
    const allowed = below('screening', 'delivery', 'adapters', 'phantom', 'operations')
    expect(violations('lib/operations', (t) => isOutside(t) || allowed(t) || t === deploymentConfig)).toEqual([])
  })

  it('keeps commands, options and the terminal in the command line', () => {
    const terminal = ['commander', 'cli-progress']
    const isTerminal = (t: string) => terminal.includes(t) || t.startsWith('lib/cli/')
    const elsewhere = ['lib/embedded', 'lib/operations', 'lib/evaluation', 'lib/adapters', 'lib/cost', 'lib/phantom']
    expect(elsewhere.flatMap((folder) => violations(folder, (t) => !isTerminal(t)))).toEqual([])
  })

  it('lets the command line import all but functions and infrastructure, of which it reads the config', () => {
    const all = [
      'screening',
      'delivery',
      'adapters',
      'phantom',
      'evaluation',
      'cost',
      'embedded',
      'operations',
      'table',
      'cli',
    ]
    const allowed = below(...all)
    expect(violations('lib/cli', (t) => isOutside(t) || allowed(t) || t === deploymentConfig)).toEqual([])
  })

  it('keeps the CDK out of the config, which the command line reads', () => {
    const checks = 'lib/infrastructure/check-targets.ts'
    const allowed = (t: string) => isPure(t) || ['node:fs', 'node:path', checks].includes(t)
    const targets = [deploymentConfig, checks].flatMap(importsOf).map(({ target }) => target)
    expect(targets.filter((t) => !allowed(t) && !below('screening', 'delivery')(t))).toEqual([])
  })

  it.each(readdirSync(join(root, 'functions')))(
    'lets function %s import the domain, the adapters and itself',
    (name) => {
      const folder = `functions/${name}`
      const isOwn = (target: string) => target.startsWith(`${folder}/`) || target === 'package.json'
      const isConsole = name === 'console' ? below('console/api', 'console/contract') : () => false
      const isTable = name === 'table' ? below('table') : () => false
      const isShared = below('screening', 'delivery', 'adapters')
      const allowed = (t: string) => isOutside(t) || isOwn(t) || isConsole(t) || isTable(t) || isShared(t)
      expect(violations(folder, allowed)).toEqual([])
    },
  )

  it('lets only the main.ts of a function read the environment', () => {
    const bad = sourcesBelow('functions').filter(
      (file) => !/\/main\.ts$/.test(file) && /\bprocess\.env\b/.test(readFileSync(join(root, file), 'utf8')),
    )
    expect(bad).toEqual([])
  })

  it('keeps the simulation of cost from all but the decisions of the domain', () => {
    const allowed = (t: string) => below('cost', 'screening/screening-job')(t) || t === 'zod' || t === 'tinyqueue'
    expect(violations('lib/cost', allowed)).toEqual([])
  })

  it('keeps the metrics and the drift of evaluation from all but the domain, since the console counts by them too', () => {
    const allowed = below('screening', 'evaluation/metrics')
    expect(violations('lib/evaluation/metrics', allowed)).toEqual([])
    const drift = ['lib/evaluation/drift/detect-drift.ts', 'lib/evaluation/drift/summarise-period.ts']
    const isDrift = (target: string) => drift.includes(target) || allowed(target)
    expect(drift.flatMap(importsOf).filter(({ target }) => !isDrift(target))).toEqual([])
  })

  it('keeps evaluation from the command line', () => {
    const allowed = below('screening', 'adapters', 'evaluation')
    expect(violations('lib/evaluation', (t) => isOutside(t) || allowed(t))).toEqual([])
  })
})
