#!/usr/bin/env node
import { Command, Option } from 'commander'
import { packageVersion } from '../embedded/package-root.ts'
import { addCostCommand } from './cost-command.ts'
import { addDeadLettersCommand } from './dead-letters-command.ts'
import { addDemoCommand } from './demo-command.ts'
import { addDeployCheckCommand } from './deploy-check-command.ts'
import { addEvaluateCommand } from './evaluate-command.ts'
import { addExploreCommand } from './explore-command.ts'
import { describeFailure, exitCodes } from './failed-program.ts'
import { addModelsCommand } from './models-command.ts'
import { addMonitorCommand } from './monitor-command.ts'
import { addPhantomCommand } from './phantom-command.ts'
import { addPrepareCommand } from './prepare-command.ts'
import { addPrepareDatasetCommand } from './prepare-dataset-command.ts'
import { addScreenCommand } from './screen-command.ts'
import { screenWithDefaults } from './screen-with-defaults.ts'
import { addSmokeCommand } from './smoke-command.ts'
import { addUsageCommand } from './usage-command.ts'
import { addWatchCommand } from './watch-command.ts'

const program = new Command('pleura')
  .description('Pneumothorax screening of chest radiographs. For research and prioritisation; not a medical device.')
  .version(packageVersion)
  .addOption(new Option('--log <format>', 'log format on standard error').choices(['text', 'json']).default('text'))
  .showHelpAfterError()
  .configureHelp({ showGlobalOptions: true })
  .exitOverride((end) => process.exit(end.exitCode === 0 ? exitCodes.done : exitCodes.failed))

addScreenCommand(program)
addPrepareCommand(program)
addWatchCommand(program)
addModelsCommand(program)
addPhantomCommand(program)
addExploreCommand(program)
addPrepareDatasetCommand(program)
addEvaluateCommand(program, screenWithDefaults)
addMonitorCommand(program)
addDemoCommand(program)
addDeployCheckCommand(program)
addSmokeCommand(program)
addUsageCommand(program)
addCostCommand(program)
addDeadLettersCommand(program)

try {
  await program.parseAsync()
} catch (error) {
  console.error(`pleura: ${describeFailure(error)}`)
  process.exitCode = exitCodes.failed
}
