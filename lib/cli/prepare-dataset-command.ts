import type { Command } from 'commander'
import { createCodecs } from '../adapters/codecs/create-codecs.ts'
import { prepareDataset } from '../evaluation/dataset/prepare-dataset.ts'
import { readAnnotations } from '../evaluation/dataset/read-annotations.ts'
import { readLabels } from '../evaluation/dataset/read-labels.ts'
import { parseGrid, parseSplits, parseWhole } from '../evaluation/settings/parse-settings.ts'
import { ConfigurationError } from '../screening/kernel/errors.ts'
import { defaultSuitabilityPolicy } from '../screening/radiograph/suitability.ts'
import { isSetAside } from '../screening/result-documents/result-line.ts'
import { exitCodes } from './failed-program.ts'
import { createProgress, formatTable, type Progress } from './terminal.ts'
import { wrapNotes } from './wrap-notes.ts'

interface Options {
  rle?: string
  labels?: string
  where?: string
  rleShape: string
  out: string
  sizes: string
  splits: string
  seed: string
  minimumAge: string
  concurrency: string
  json: boolean
}

export function addPrepareDatasetCommand(program: Command): void {
  program
    .command('prepare-dataset')
    .description('make a data set for training: PNG in several sizes, masks, index.csv, splits by patient')
    .argument('<dir>', 'folder with DICOM, PNG or JPEG files, in any depth')
    .requiredOption('--out <dir>', 'where SIZE/images/, SIZE/masks/, index.csv and refused.csv go')
    .option('--rle <csv>', 'annotations: ImageId, EncodedPixels; rows of one image are merged')
    .option('--labels <csv>', 'labels and facts that the files do not hold: id, label, patient, view, sex, age')
    .option('--where <column=value>', 'only the images of these rows of the labels')
    .option('--rle-shape <grid>', "grid of the run lengths: 'image', or ROWSxCOLUMNS such as 1024x1024", 'image')
    .option('--sizes <list>', 'long sides of the PNGs, pixels', '256,512,1024')
    .option('--splits <list>', 'names and shares', 'train=0.7,validation=0.15,test=0.15')
    .option('--seed <n>', 'seed of the splits', '1')
    .option('--minimum-age <years>', 'leave out younger patients', '0')
    .option('--concurrency <n>', 'files at a time', '2')
    .option('--json', 'print the summary as JSON', false)
    .addHelpText(
      'after',
      wrapNotes(
        'Exit code: 0 every file used; 2 some left out (refused.csv); 4 there was no image; 1 the program failed.',
      ),
    )
    .action(async (folder: string, options: Options) => {
      if (options.where && !options.labels) {
        throw new ConfigurationError('--where chooses rows of the labels: give --labels too.')
      }
      let progress: Progress | null = null
      const codecs = createCodecs()
      const made = await prepareDataset(folder, options.out, codecs, {
        annotations: options.rle ? await readAnnotations(options.rle) : null,
        labels: options.labels ? await readLabels(options.labels, options.where ?? null) : null,
        onlyLabelled: options.where !== undefined,
        grid: parseGrid(options.rleShape),
        longSides: options.sizes.split(',').map((size) => parseWhole(size, 16)),
        splits: parseSplits(options.splits),
        seed: parseWhole(options.seed, 0),
        concurrency: parseWhole(options.concurrency, 1),
        policy: { ...defaultSuitabilityPolicy, minimumAgeYears: parseWhole(options.minimumAge, 0) },
        onStart: (files) => {
          progress = createProgress(files, 'files')
        },
        onFile: () => progress?.step(),
      }).finally(async () => {
        progress?.stop()
        await codecs.close()
      })
      if (options.json) console.log(JSON.stringify(made))
      else {
        const rows = Object.entries(made.bySplit).map(([split, { images, positives }]) => [
          split,
          String(images),
          String(positives),
        ])
        console.log(
          `${made.images} images, ${made.masks} with a mask; ${made.copies} copies and ${made.refused.length} refused left out (refused.csv)\n${formatTable(['split', 'images', 'with pneumothorax'], rows)}\nIndex: ${options.out}/index.csv`,
        )
      }
      const missed = made.refused.filter(({ code }) => !isSetAside({ reason: code }))
      process.exitCode = missed.length > 0 ? exitCodes.someNotAnalysed : exitCodes.done
    })
}
