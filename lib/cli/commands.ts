import type { Command } from 'commander'

type Loader = (program: Command) => Promise<void>

/** Every command by its name, in the order of the help. A command is loaded when it is asked for: what it needs takes time. */
const loaders: Record<string, Loader> = {
  screen: async (program) => (await import('./screen-command.ts')).addScreenCommand(program),
  prepare: async (program) => (await import('./prepare-command.ts')).addPrepareCommand(program),
  watch: async (program) => (await import('./watch-command.ts')).addWatchCommand(program),
  backfill: async (program) => (await import('./backfill-command.ts')).addBackfillCommand(program),
  'cloud-backfill': async (program) => (await import('./cloud-backfill-command.ts')).addCloudBackfillCommand(program),
  serve: async (program) => (await import('./serve-command.ts')).addServeCommand(program),
  'export-reviews': async (program) => (await import('./export-reviews-command.ts')).addExportReviewsCommand(program),
  listen: async (program) => (await import('./listen-command.ts')).addListenCommand(program),
  deliver: async (program) => (await import('./deliver-command.ts')).addDeliverCommand(program),
  models: async (program) => (await import('./models-command.ts')).addModelsCommand(program),
  phantom: async (program) => (await import('./phantom-command.ts')).addPhantomCommand(program),
  explore: async (program) => (await import('./explore-command.ts')).addExploreCommand(program),
  'prepare-dataset': async (program) =>
    (await import('./prepare-dataset-command.ts')).addPrepareDatasetCommand(program),
  evaluate: async (program) => {
    const { screenWithDefaults } = await import('./screen-with-defaults.ts')
    const { addEvaluateCommand } = await import('./evaluate-command.ts')
    addEvaluateCommand(program, screenWithDefaults)
  },
  monitor: async (program) => (await import('./monitor-command.ts')).addMonitorCommand(program),
  table: async (program) => (await import('./table-command.ts')).addTableCommand(program),
  query: async (program) => (await import('./query-command.ts')).addQueryCommand(program),
  replay: async (program) => (await import('./replay-command.ts')).addReplayCommand(program),
  demo: async (program) => (await import('./demo-command.ts')).addDemoCommand(program),
  'deploy-check': async (program) => (await import('./deploy-check-command.ts')).addDeployCheckCommand(program),
  smoke: async (program) => (await import('./smoke-command.ts')).addSmokeCommand(program),
  usage: async (program) => (await import('./usage-command.ts')).addUsageCommand(program),
  cost: async (program) => (await import('./cost-command.ts')).addCostCommand(program),
  'dead-letters': async (program) => (await import('./dead-letters-command.ts')).addDeadLettersCommand(program),
}

/** The command that the words name alone, or all of them: for the help, and for a word that is none. A version needs none. */
export async function addCommands(program: Command, words: readonly string[]): Promise<void> {
  const asked = commandOf(words)
  if (asked === undefined && words.some((word) => word === '--version' || word === '-V')) return
  const wanted = asked !== undefined && Object.hasOwn(loaders, asked) ? [asked] : Object.keys(loaders)
  for (const name of wanted) await loaders[name]!(program)
}

/** The first word that is no option, nor the value of the one option that comes before a command. */
export function commandOf(words: readonly string[]): string | undefined {
  return words.find((word, place) => !word.startsWith('-') && words[place - 1] !== '--log')
}
