import { basename, join, resolve } from 'node:path'
import type { Command } from 'commander'
import { createCodecs } from '../adapters/codecs/create-codecs.ts'
import { createPictureLoader } from '../evaluation/dataset/create-picture-loader.ts'
import { readAnnotations } from '../evaluation/dataset/read-annotations.ts'
import { readLabels } from '../evaluation/dataset/read-labels.ts'
import { summariseFacts } from '../evaluation/exploration/exploration.ts'
import { buildExplorationReport } from '../evaluation/exploration/exploration-report.ts'
import { currentFacts, exploreFolder } from '../evaluation/exploration/explore-folder.ts'
import { readFileFacts } from '../evaluation/exploration/read-file-facts.ts'
import { sampleSheet } from '../evaluation/exploration/sample-sheet.ts'
import { writeReport } from '../evaluation/report/write-report.ts'
import { parseGrid, parseWhole } from '../evaluation/settings/parse-settings.ts'
import type { PixelCodecs } from '../screening/kernel/ports.ts'
import { exitCodes } from './failed-program.ts'
import { createProgress, formatNotes, type Progress } from './terminal.ts'
import { wrapNotes } from './wrap-notes.ts'

interface Options {
  rle?: string
  labels?: string
  where?: string
  rleShape: string
  out: string
  sample: string
  seed: string
  concurrency: string
  json: boolean
}

export function addExploreCommand(program: Command): void {
  program
    .command('explore')
    .description('describe a folder of radiographs: facts, labels, masks, pixels, problems; an HTML report')
    .argument('<dir>', 'folder with DICOM, PNG or JPEG files, in any depth (SIIM-ACR layout or another)')
    .requiredOption('--out <dir>', 'where report.html, summary.json, plots/ and file-facts.jsonl go')
    .option('--rle <csv>', 'annotations: ImageId, EncodedPixels; rows of one image are merged')
    .option('--labels <csv>', 'labels, and what the files do not say: id, label, patient, view, sex, age')
    .option('--where <column=value>', 'only these rows of the labels')
    .option('--rle-shape <grid>', "grid of the run lengths: 'image', or ROWSxCOLUMNS such as 1024x1024", 'image')
    .option('--sample <n>', 'pictures of each label on the sample sheet; 0 for none', '10')
    .option('--seed <n>', 'seed of the sample', '1')
    .option('--concurrency <n>', 'files read at a time', '2')
    .option('--json', 'print the summary as JSON', false)
    .addHelpText(
      'after',
      wrapNotes(
        'A run that was interrupted goes on where it stopped: facts of each file are kept in file-facts.jsonl.\nExit code: 0 done; 2 screening would refuse some of the files; 4 there was no image; 1 the program failed.',
      ),
    )
    .action(async (folder: string, options: Options) => {
      const codecs = createCodecs()
      const { problemFiles, summary, text } = await explore(folder, options, codecs).finally(() => codecs.close())
      console.log(options.json ? JSON.stringify(summary) : text)
      process.exitCode = problemFiles > 0 ? exitCodes.someNotAnalysed : exitCodes.done
    })
}

async function explore(folder: string, options: Options, codecs: PixelCodecs) {
  const annotations = options.rle ? await readAnnotations(options.rle) : null
  const labels = options.labels ? await readLabels(options.labels, options.where ?? null) : null
  const grid = parseGrid(options.rleShape)
  let progress: Progress | null = null
  const explored = await exploreFolder(folder, options.out, {
    concurrency: parseWhole(options.concurrency, 1),
    readFile: (root, file) => readFileFacts(root, file, codecs),
    onStart: (files) => {
      progress = createProgress(files, 'files')
    },
    onFile: () => progress?.step(),
  }).finally(() => progress?.stop())
  const exploration = await summariseFacts(() => currentFacts(explored), {
    annotations,
    labels,
    grid,
    sampleSize: parseWhole(options.sample, 0),
    seed: parseWhole(options.seed, 0),
  })
  const loadPicture = createPictureLoader(codecs)
  const sheet = await sampleSheet(exploration.sample, {
    annotations,
    grid,
    loadPicture: (path) => loadPicture(join(folder, path)),
  })
  const report = buildExplorationReport(exploration, basename(resolve(folder)), sheet)
  await writeReport(options.out, report)
  const { counts, images } = exploration
  return {
    problemFiles: counts.problemFiles,
    summary: report.summary,
    text: [
      `${counts.files} files (${explored.readNow} read now, ${explored.readBefore} before), ${counts.images} different images, ${counts.copies} copies, ${counts.problemFiles} that screening would refuse`,
      `Labels: ${images.classes.positive} with pneumothorax, ${images.classes.negative} without, ${images.classes.unlabelled} not stated`,
      `Annotations: ${counts.annotationRows} rows, ${counts.annotationDuplicates} duplicates, ${counts.annotatedImages} images`,
      `Implausible ages: ${images.implausibleAges.length}`,
      ...formatNotes([
        ...explored.hiddenFolders.map((path) => `${path} is hidden and was not entered`),
        ...exploration.tableProblems,
        ...exploration.problems,
      ]),
      `Report: ${join(options.out, 'report.html')}`,
    ].join('\n'),
  }
}
