import type { Command } from 'commander'
import { type ExportedReviews, exportFolderReviews } from '../embedded/console/export-reviews.ts'
import { exitCodes } from './failed-program.ts'
import { wrapNotes } from './wrap-notes.ts'

interface Options {
  results: string
  out: string
  json: boolean
}

export function addExportReviewsCommand(program: Command): void {
  program
    .command('export-reviews')
    .description("write the console's reviews as labels and masks that `evaluate` and `prepare-dataset` read")
    .requiredOption('--results <dir>', 'the output folder that `pleura serve` serves; it may go on meanwhile')
    .requiredOption('--out <dir>', 'where labels.csv, masks.csv and masks/ go')
    .option('--json', 'print the summary as JSON', false)
    .addHelpText(
      'after',
      wrapNotes(
        "Of each reader the last word on each image. labels.csv: --labels; masks.csv: --rle, on the image's own grid. Images on which readers differ are named, and neither command takes them.\nExit code: 0 done; 3 readers differ on some images; 1 the program failed, or there is no review.",
      ),
    )
    .action(async ({ results, out, json }: Options) => {
      const exported = await exportFolderReviews(results, out)
      console.log(json ? JSON.stringify(exported) : describe(exported, out))
      process.exitCode = exported.differing.length > 0 ? exitCodes.attention : exitCodes.done
    })
}

function describe(exported: ExportedReviews, out: string): string {
  const { reviews, images, positive, negative, undecided, differing, masks, namedById } = exported
  const notes = [
    ...differing.map(({ image, words }) => {
      const said = words.map(({ reviewer, pneumothorax }) => `${reviewer}: ${pneumothorax}`)
      return `${image}: readers differ, so it has no label (${said.join('; ')})`
    }),
    ...undecided.map((image) => `${image}: undecided, so it has no label`),
    ...namedById.map((image) => `${image}: named by its id, since its file name does not tell it apart`),
  ]
  return [
    `${reviews} last words on ${images} images: ${positive} with pneumothorax, ${negative} without, ${undecided.length} undecided, ${differing.length} on which readers differ; ${masks} masks`,
    ...notes.map((note) => `note: ${note}`),
    `Tables: ${out}/labels.csv, ${out}/masks.csv`,
  ].join('\n')
}
