import { basename, join, resolve } from 'node:path'
import type { Command } from 'commander'
import { createCodecs } from '../adapters/codecs/create-codecs.ts'
import { compareSamples, type Evaluation, evaluateSample } from '../evaluation/accuracy/evaluate-results.ts'
import { buildEvaluationReport } from '../evaluation/accuracy/evaluation-report.ts'
import { failureGallery } from '../evaluation/accuracy/failure-gallery.ts'
import { loadSample } from '../evaluation/accuracy/load-sample.ts'
import { createPictureLoader } from '../evaluation/dataset/create-picture-loader.ts'
import { imageKeyOf } from '../evaluation/dataset/image-key.ts'
import { listImages } from '../evaluation/dataset/list-images.ts'
import { readAnnotations } from '../evaluation/dataset/read-annotations.ts'
import { type Labels, readLabels } from '../evaluation/dataset/read-labels.ts'
import { attachFacts } from '../evaluation/exploration/attach-facts.ts'
import type { Measure } from '../evaluation/metrics/interval.ts'
import { formatMeasure } from '../evaluation/report/format-figures.ts'
import { writeReport } from '../evaluation/report/write-report.ts'
import { parseFractions, parseGrid, parseOperatingPoint, parseWhole } from '../evaluation/settings/parse-settings.ts'
import { ConfigurationError, NothingToAnalyseError } from '../screening/kernel/errors.ts'
import { exitCodes } from './failed-program.ts'
import { createProgress, formatNotes, formatTable, type Progress } from './terminal.ts'
import { wrapNotes } from './wrap-notes.ts'

interface Options {
  labels: string
  where?: string
  images?: string
  results?: string
  rle?: string
  rleShape: string
  facts?: string
  compare?: string
  prevalence: string
  operatingPoint: string[]
  bootstrap: string
  seed: string
  gallery: string
  title: string
  remark?: string
  out: string
  json: boolean
}

/** Screens files into `outDir/results.jsonl` and a folder for each image, as `pleura screen` does. */
export type ScreenInto = (files: readonly string[], outDir: string) => Promise<void>

export function addEvaluateCommand(program: Command, screenInto: ScreenInto): void {
  program
    .command('evaluate')
    .description('compare results with labels and reference masks: accuracy, calibration, overlap; an HTML report')
    .requiredOption('--labels <csv>', 'id and label (1 or 0); also patient, view, sex, age. Or a run-length table')
    .requiredOption('--out <dir>', 'where report.html, summary.json and plots/ go')
    .option('--images <dir>', 'the radiographs: screened now unless --results is given; shown in the failure gallery')
    .option('--results <dir>', 'what `pleura screen --out` wrote')
    .option('--where <column=value>', 'only these rows of the labels, such as split=test')
    .option('--rle <csv>', 'reference masks: ImageId, EncodedPixels')
    .option('--rle-shape <grid>', "grid of the run lengths: 'image', or ROWSxCOLUMNS such as 1024x1024", 'image')
    .option('--facts <jsonl>', 'file-facts.jsonl of `pleura explore`: fills in patient, view, sex and age')
    .option('--compare <dir>', 'other results on the same images, for paired tests')
    .option('--prevalence <list>', 'shares of pneumothorax at which PPV and NPV are restated', '0.01,0.05')
    .option('--operating-point <name=threshold>', 'a further operating point; may be repeated', collect, [])
    .option('--bootstrap <n>', 'resamples', '2000')
    .option('--seed <n>', 'seed of the resamples', '1')
    .option('--gallery <n>', 'pictures of each kind of failure; 0 for none', '8')
    .option('--title <text>', 'title of the report', 'Accuracy of pneumothorax screening')
    .option('--remark <text>', 'printed at the top: what the images are, what they share with the training set')
    .option('--json', 'print the summary as JSON', false)
    .addHelpText(
      'after',
      wrapNotes(
        'Images that were not analysed are counted apart, never as negatives.\nExit code: 0 done; 2 some labelled images were not analysed; 4 there was no image; 1 the program failed.',
      ),
    )
    .action(async (options: Options) => {
      const { evaluation, summary } = await evaluate(options, screenInto)
      console.log(options.json ? JSON.stringify(summary) : describe(evaluation, options.out))
      const missing = evaluation.counts.notAnalysed + evaluation.counts.withoutResult
      process.exitCode = missing > 0 ? exitCodes.someNotAnalysed : exitCodes.done
    })
}

async function evaluate(options: Options, screenInto: ScreenInto) {
  const settings = {
    resampling: { resamples: parseWhole(options.bootstrap, 100), seed: parseWhole(options.seed, 0), level: 0.95 },
    prevalences: parseFractions(options.prevalence),
    operatingPoints: options.operatingPoint.map(parseOperatingPoint),
  }
  const grid = parseGrid(options.rleShape)
  const perShelf = parseWhole(options.gallery, 0)
  const ownLabels = await readLabels(options.labels, options.where ?? null)
  const labels = options.facts ? await attachFacts(ownLabels, options.facts) : ownLabels
  const annotations = options.rle ? await readAnnotations(options.rle) : null
  const pictures = options.images ? await findPictures(options.images, labels) : new Map<string, string>()
  const folder = options.results ?? (await screenNow(options, pictures, screenInto))
  const load = (from: string) => withProgress((step) => loadSample(from, labels, annotations, grid, step))
  const sample = await load(folder)
  const evaluation = evaluateSample(sample, settings)
  const comparison = options.compare
    ? compareSamples(
        { name: basename(resolve(folder)), sample },
        { name: basename(resolve(options.compare)), sample: await load(options.compare) },
        settings.resampling,
      )
    : null
  const codecs = createCodecs()
  const loadPicture = createPictureLoader(codecs)
  const gallery =
    perShelf === 0
      ? []
      : await failureGallery(sample.images, {
          folder,
          annotations,
          grid,
          perShelf,
          loadPicture: (image) => loadPicture(pictures.get(image.key) ?? image.input),
        }).finally(() => codecs.close())
  const report = buildEvaluationReport({
    title: options.title,
    models: sample.models,
    images: sample.images,
    evaluation,
    comparison,
    gallery,
    remark: options.remark ?? null,
  })
  await writeReport(options.out, report)
  return { evaluation, summary: report.summary }
}

async function screenNow(
  options: Options,
  pictures: ReadonlyMap<string, string>,
  screenInto: ScreenInto,
): Promise<string> {
  if (!options.images) {
    throw new ConfigurationError(
      'There is nothing to evaluate. Give --results (what `pleura screen` wrote) or --images (to screen them now).',
    )
  }
  const folder = join(options.out, 'results')
  await screenInto([...pictures.values()], folder)
  return folder
}

/**
 * The files of the labelled images.
 * @throws {ConfigurationError} when there is none among the files
 * @throws {NothingToAnalyseError} when there is no file that may be an image
 */
async function findPictures(folder: string, labels: Labels): Promise<Map<string, string>> {
  const paths = new Map<string, string>()
  let isEmpty = true
  for await (const { path, problem } of listImages(folder)) {
    if (problem !== 'hidden-folder') isEmpty = false
    const key = imageKeyOf(path)
    if (!problem && labels.images.has(key)) paths.set(key, path)
  }
  if (isEmpty) throw new NothingToAnalyseError([folder])
  if (paths.size === 0) {
    throw new ConfigurationError(
      `${folder} holds none of the ${labels.images.size} labelled images. The ids of the labels are the file names without ending.`,
    )
  }
  return paths
}

async function withProgress<T>(work: (step: (done: number, total: number) => void) => Promise<T>): Promise<T> {
  let progress: Progress | null = null
  return work((_, total) => {
    progress ??= createProgress(total, 'results')
    progress.step()
  }).finally(() => progress?.stop())
}

function describe(
  { counts, classification, operatingPoints, segmentation, problems }: Evaluation,
  out: string,
): string {
  const [deployed] = operatingPoints
  const rows = [
    [`AUC (${methodOf(classification.auc.delong)})`, formatMeasure(classification.auc.delong)],
    ['average precision', formatMeasure(classification.averagePrecision)],
    ['Brier', formatMeasure(classification.brier)],
    ['expected calibration error', formatMeasure(classification.expectedCalibrationError)],
    [`sensitivity at '${deployed.id}'`, formatMeasure(deployed.sensitivity)],
    [`specificity at '${deployed.id}'`, formatMeasure(deployed.specificity)],
    ['accuracy', formatMeasure(deployed.accuracy)],
    ['NPV', formatMeasure(deployed.negativePredictiveValue)],
    ...(segmentation
      ? [
          ['Dice, both empty = 1', formatMeasure(segmentation.dice)],
          ['Dice, positive only', formatMeasure(segmentation.positiveDice)],
          ['Hausdorff 95, mm', formatMeasure(segmentation.hausdorff95Mm.median, 1)],
        ]
      : []),
  ]
  return [
    `${counts.labelled} labelled images: ${counts.analysed} analysed (${classification.positives} with pneumothorax), ${counts.notAnalysed} not analysed, ${counts.withoutResult} without a result`,
    formatTable(['figure', 'value (95 % interval)'], rows),
    ...formatNotes(problems),
    `Report: ${join(out, 'report.html')}`,
  ].join('\n')
}

const methodOf = (measure: Measure): string =>
  measure.value === null ? 'DeLong' : (measure.interval?.method ?? 'no interval')

function collect(value: string, previous: string[]): string[] {
  return [...previous, value]
}
