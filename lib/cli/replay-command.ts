import { readFile, realpath } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'
import type { Command } from 'commander'
import { displayPath } from '../adapters/embedded/path-bytes.ts'
import { writeFileAtomically } from '../adapters/embedded/write-file-atomically.ts'
import { readCascadeModels } from '../adapters/onnx/read-bundle.ts'
import { findAmong, findSources, type MissingSource, type NamedSource } from '../embedded/find-sources.ts'
import { listInputs } from '../embedded/list-inputs.ts'
import { screenFiles } from '../embedded/screen-files.ts'
import { type Comparison, compareSamples } from '../evaluation/accuracy/evaluate-results.ts'
import { loadSample } from '../evaluation/accuracy/load-sample.ts'
import { readAnnotations } from '../evaluation/dataset/read-annotations.ts'
import { readLabels } from '../evaluation/dataset/read-labels.ts'
import { type EarlierRun, pairRuns, readEarlierBundles, readEarlierRun } from '../evaluation/replay/read-runs.ts'
import { buildReplayReport, figureTable, transitionTable } from '../evaluation/replay/replay-report.ts'
import { areSameBundles } from '../evaluation/replay/same-bundles.ts'
import { formatMeasure, formatNumber, formatP } from '../evaluation/report/format-figures.ts'
import type { ReportTable } from '../evaluation/report/table-html.ts'
import { writeReport } from '../evaluation/report/write-report.ts'
import { parseGrid, parseWhole } from '../evaluation/settings/parse-settings.ts'
import { ConfigurationError } from '../screening/kernel/errors.ts'
import { createLog, type LogFormat } from './create-log.ts'
import { exitCodes } from './failed-program.ts'
import { addScreeningOptions, type ScreeningOptions, settingsOf } from './screening-options.ts'
import { stopOnInterrupt } from './stop-on-interrupt.ts'
import { createProgress, formatNotes, formatTable } from './terminal.ts'
import { wrapNotes } from './wrap-notes.ts'

interface Options extends ScreeningOptions {
  results: string
  out: string
  filesFrom?: string
  labels?: string
  where?: string
  rle?: string
  rleShape: string
  bootstrap: string
  seed: string
  json: boolean
}

export function addReplayCommand(program: Command): void {
  const command = program
    .command('replay')
    .description('screen a stored cohort again with other bundles, in a folder of its own, and report what changed')
    .argument(
      '[path...]',
      'the files, or folders of them, found by content; without any, where they were screened from',
    )
    .requiredOption(
      '--results <dir>',
      'the earlier results: what `pleura screen --out` wrote. Nothing in it is changed',
    )
    .requiredOption('--out <dir>', 'where report.html, summary.json, images.jsonl, plots/ and results/ go')
    .option('--files-from <txt>', 'more paths, one a line')
    .option('--labels <csv>', 'compare both runs with labels too: id and label, or a run-length table')
    .option('--where <column=value>', 'only these rows of the labels, such as split=test')
    .option('--rle <csv>', 'reference masks: ImageId, EncodedPixels')
    .option('--rle-shape <grid>', "grid of the run lengths: 'image', or ROWSxCOLUMNS such as 1024x1024", 'image')
    .option('--bootstrap <n>', 'resamples', '2000')
    .option('--seed <n>', 'seed of the resamples', '1')
    .option('--json', 'print the summary as JSON', false)
  addScreeningOptions(command).addHelpText(
    'after',
    wrapNotes(
      'Nothing is delivered. The same command goes on where it was interrupted.\nExit code: 0 done; 2 some images not analysed now, or sources missing (then nothing is screened; each is listed); 1 the program failed, or the bundles are those of before; 130 interrupted.',
    ),
  )
  command.action(async (paths: string[], options: Options) => {
    const { log: format } = program.opts<{ log: LogFormat }>()
    await assertApart(options.results, options.out)
    const signal = stopOnInterrupt(format)
    const before = await readEarlierRun(options.results)
    const { found, missing, withoutResult } = await findCohort(paths, options, before, signal)
    if (missing.length > 0) return refuse(missing, before.results.length, options.json)
    if (found.length === 0) {
      throw new ConfigurationError(
        `None of the ${before.results.length} results in ${options.results} has a file here. Give the files, or folders of them, that it was made from.`,
      )
    }
    const ids = new Set(found.map(({ imageId }) => imageId))
    const cohort = before.results.filter(({ imageId }) => ids.has(imageId))
    const now = await readCascadeModels(options.models)
    const bundles = {
      classifier: now.classifier.sha256,
      segmenter: now.segmenter.sha256,
      threshold: now.operatingPoint.threshold,
    }
    if (areSameBundles(await readEarlierBundles(options.results, cohort), bundles)) {
      throw new ConfigurationError(
        `${options.models} holds the bundles and the threshold that made ${options.results}: nothing can change. Name other ones with --models.`,
      )
    }

    const folder = join(options.out, 'results')
    const progress = createProgress(found.length, 'images')
    const summary = await screenFiles(
      found.map(({ input }) => ({ path: input, problem: null })),
      settingsOf({ ...options, documents: [...new Set([...options.documents, 'mask' as const])] }, folder),
      {
        concurrency: options.concurrency,
        force: false,
        log: createLog(format),
        signal,
        onStudy: () => progress.step(),
      },
    ).finally(() => progress.stop())

    const { images, problems } = await pairRuns(cohort, options.results, folder)
    const accuracy = options.labels ? await againstLabels(options, options.labels, folder) : null
    const report = buildReplayReport({
      images,
      modelsBefore: [...new Set(cohort.flatMap(({ models }) => models.map(({ id }) => id)))],
      modelsAfter: [now.classifier, now.segmenter].map(({ id, version }) => `${id} ${version}`),
      leftOut: before.results.length - cohort.length,
      withoutResult,
      neverRead: before.neverRead,
      accuracy,
      problems: [...before.problems, ...problems],
    })
    await writeReport(options.out, report)
    await writeFileAtomically(
      join(options.out, 'images.jsonl'),
      images.map((image) => `${JSON.stringify(image)}\n`).join(''),
    )
    console.log(
      options.json ? JSON.stringify(report.summary) : describe(report.comparison, accuracy, options, problems),
    )
    process.exitCode = summary.notAnalysed > 0 ? exitCodes.someNotAnalysed : exitCodes.done
  })
}

/** A replay leaves the earlier results as they are. @throws {ConfigurationError} where it would write among them */
async function assertApart(results: string, out: string): Promise<void> {
  const [a, b] = await Promise.all([results, out].map((path) => realPathOf(resolve(path))))
  if (a === b || a.startsWith(`${b}${sep}`) || b.startsWith(`${a}${sep}`)) {
    throw new ConfigurationError(
      `--out ${out} and --results ${results} lie in one another: the earlier results must stay as they are. Give a folder of its own.`,
    )
  }
}

/** Links followed as far as there is something to follow. */
const realPathOf = (path: string): Promise<string> =>
  realpath(path).catch(async () =>
    dirname(path) === path ? path : join(await realPathOf(dirname(path)), basename(path)),
  )

interface Cohort {
  readonly found: readonly NamedSource[]
  readonly missing: readonly MissingSource[]
  /** Files without a result of before. */
  readonly withoutResult: number
}

async function findCohort(
  paths: readonly string[],
  options: Options,
  before: EarlierRun,
  signal: AbortSignal,
): Promise<Cohort> {
  const listed = options.filesFrom ? (await readFile(options.filesFrom, 'utf8')).split(/\r?\n/).filter(Boolean) : []
  const given = [...paths, ...listed]
  const files = given.length === 0 ? [] : await listInputs(given, options.out)
  const progress = createProgress(given.length === 0 ? before.results.length : files.length, 'files looked at')
  const looking = { signal, onFile: () => progress.step() }
  try {
    if (given.length === 0) return { ...(await findSources(before.results, looking)), withoutResult: 0 }
    const readable = files.filter(({ problem }) => problem === null).map(({ path }) => path)
    const { found, unknown } = await findAmong(before.results, readable, looking)
    return { found, missing: [], withoutResult: unknown }
  } finally {
    progress.stop()
  }
}

const shownMissing = 20

function refuse(missing: readonly MissingSource[], results: number, json: boolean): void {
  const why = { 'not-there': 'is not there, or cannot be read', changed: 'is another file now' }
  if (json) console.log(JSON.stringify({ results, missing }))
  else {
    for (const { input, why: reason } of missing.slice(0, shownMissing)) {
      console.log(`missing: ${displayPath(input)} ${why[reason]}`)
    }
    if (missing.length > shownMissing) console.log(`… and ${missing.length - shownMissing} more, all with --json`)
    console.log(
      `${missing.length} of ${results} sources are missing: nothing was screened. Give the files, or folders of them, that there are: they are found by content.`,
    )
  }
  process.exitCode = exitCodes.someNotAnalysed
}

async function againstLabels(options: Options, labelFile: string, folder: string): Promise<Comparison> {
  const labels = await readLabels(labelFile, options.where ?? null)
  const annotations = options.rle ? await readAnnotations(options.rle) : null
  const grid = parseGrid(options.rleShape)
  const resampling = { resamples: parseWhole(options.bootstrap, 100), seed: parseWhole(options.seed, 0), level: 0.95 }
  const [a, b] = await Promise.all([options.results, folder].map((from) => loadSample(from, labels, annotations, grid)))
  const nameOf = (path: string): string => basename(resolve(path))
  return compareSamples(
    { name: nameOf(options.results), sample: a },
    { name: nameOf(options.out), sample: b },
    resampling,
  )
}

function describe(
  comparison: Parameters<typeof transitionTable>[0],
  accuracy: Comparison | null,
  { out }: Options,
  problems: readonly string[],
): string {
  const shown = ({ caption, header, rows, note }: ReportTable): string =>
    [
      caption,
      formatTable(
        [...header],
        rows.map((row) => row.map((cell) => String(cell ?? '–'))),
      ),
      ...(note ? [note] : []),
    ].join('\n')
  return [
    shown(transitionTable(comparison)),
    shown(figureTable(comparison)),
    ...(accuracy ? [describeAccuracy(accuracy)] : []),
    [...formatNotes(problems), `Report: ${join(out, 'report.html')}; of each image: ${join(out, 'images.jsonl')}`].join(
      '\n',
    ),
  ].join('\n\n')
}

function describeAccuracy({ paired, a, b }: Comparison): string {
  const rate = (right: number, images: number): string => formatNumber(images === 0 ? null : right / images)
  const { sensitivity, specificity, auc, positiveDice } = paired
  return [
    `Against the labels: ${paired.images} images that both analysed, ${paired.positives} with pneumothorax`,
    formatTable(
      ['figure', 'before', 'after', 'p'],
      [
        ['AUC', formatMeasure(a.auc.delong), formatMeasure(b.auc.delong), auc ? formatP(auc.p) : '–'],
        ...[['sensitivity', sensitivity] as const, ['specificity', specificity] as const].map(([name, of]) => [
          name,
          rate(of.rightA, of.images),
          rate(of.rightB, of.images),
          formatP(of.p),
        ]),
        [
          'Dice of positives',
          formatNumber(positiveDice.meanA),
          formatNumber(positiveDice.meanB),
          positiveDice.test ? formatP(positiveDice.test.p) : '–',
        ],
      ],
    ),
  ].join('\n')
}
