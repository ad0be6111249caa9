#!/usr/bin/env node
import { Command, Option } from 'commander'
import { checkOutputFolder } from '../embedded/check-output-folder.ts'
import { packageVersion } from '../embedded/package-root.ts'
import { addCommands, commandOf } from './commands.ts'
import { describeFailure, exitCodes } from './failed-program.ts'
import { keepStandardErrorJson, logFormatOf, writeFailure } from './standard-error.ts'

const format = logFormatOf(process.argv)
if (format === 'json') keepStandardErrorJson()
process.on('uncaughtException', (error) => {
  fail(error)
  process.exit()
})
// A reader that has seen enough (`| head`) is no reason to stop: the results are in the folder.
process.stdout.on('error', () => {})

const program = new Command('pleura')
  .description('Pneumothorax screening of chest radiographs. For research and prioritisation; not a medical device.')
  .version(packageVersion)
  .addOption(new Option('--log <format>', 'log format on standard error').choices(['text', 'json']).default('text'))
  .configureOutput({
    outputError: (text, write) =>
      format === 'json'
        ? writeFailure(format, { exitCode: exitCodes.failed, message: oneLine(text), stack: null })
        : write(`pleura: ${oneLine(text)} Try --help.\n`),
  })
  .configureHelp({ showGlobalOptions: true })
  .exitOverride((end) => process.exit(end.exitCode === 0 ? exitCodes.done : exitCodes.failed))
  .hook('preAction', async (_, command) => {
    const { out } = command.opts<{ out?: string }>()
    if (out !== undefined) await checkOutputFolder(out)
  })

try {
  await addCommands(program, process.argv.slice(2))
  tellUnknownOptionsFirst(process.argv.slice(2))
  await program.parseAsync()
} catch (error) {
  fail(error)
}

function fail(error: unknown): void {
  const failure = describeFailure(error)
  writeFailure(format, failure)
  process.exitCode = failure.exitCode
}

/** A misspelt `--out` is a misspelt option, not a missing one: commander would tell of the missing one only. */
function tellUnknownOptionsFirst(args: readonly string[]): void {
  const command = program.commands.find((known) => known.name() === commandOf(args))
  if (!command) return
  const known = [...command.options, ...program.options].flatMap(({ long, short }) => [long, short])
  const given = args.filter((word) => word.startsWith('--') && word !== '--').map((word) => word.split('=')[0])
  if (given.every((word) => known.includes(word) || word === '--help')) return
  for (const option of command.options) option.mandatory = false
}

/** Commander's complaint, with the nearest option where it knows one. */
function oneLine(text: string): string {
  return text
    .trim()
    .replace(/^error: /, '')
    .replaceAll(/\s*\n\s*/g, ' ')
    .replace(/([^.?)])$/, '$1.')
}
