import { join } from 'node:path'

/*
 *   <out>/results.jsonl               one line for each line of the manifest, in its order: their number is the progress
 *   <out>/not-analysed.jsonl          what of it was not analysed, and why; made anew at the end of each run
 *   <out>/backfill.json               the report of the last run
 *   <out>/.backfill/manifest.jsonl    what is to be screened, as it was found when it was planned
 *   <out>/.backfill/plan.json         what it adds up to; written last: where it stands, the manifest is whole
 *   <out>/.backfill/spent.json        time that runs have taken
 *   <out>/.backfill/paused            while it is there, no image is begun
 */
export const backfillFolder = {
  results: (outDir: string) => join(outDir, 'results.jsonl'),
  notAnalysed: (outDir: string) => join(outDir, 'not-analysed.jsonl'),
  report: (outDir: string) => join(outDir, 'backfill.json'),
  manifest: (outDir: string) => join(outDir, '.backfill', 'manifest.jsonl'),
  plan: (outDir: string) => join(outDir, '.backfill', 'plan.json'),
  spent: (outDir: string) => join(outDir, '.backfill', 'spent.json'),
  paused: (outDir: string) => join(outDir, '.backfill', 'paused'),
}
