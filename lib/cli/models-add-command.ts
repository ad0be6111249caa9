import { join } from 'node:path'
import type { Command } from 'commander'
import { type RegisteredBundle, type Registration, registerBundles } from '../embedded/register-bundles.ts'
import type { ScreeningProfile } from '../screening/classification/screening-profile.ts'
import { ConfigurationError } from '../screening/kernel/errors.ts'
import { wrapNotes } from './wrap-notes.ts'

interface Options extends Registration {
  readonly json: boolean
}

export function addModelsAddCommand(models: Command): void {
  models
    .command('add')
    .description('register model bundles: verified, copied whole or not at all, and put to use when asked')
    .argument('<bundle...>', 'folders with model.json, as the training writes them')
    .option('--use', 'pin them in profile.json: screening uses them from then on', false)
    .option('--operating-point <id>', "of the classifier, with --use; otherwise the bundle's default")
    .addHelpText(
      'after',
      wrapNotes(
        'A registered bundle is never replaced: another content needs another id.\nExit code: 0 registered, or there already; 1 refused, nothing was changed.',
      ),
    )
    .action(async (folders: string[], _: unknown, command: Command) => {
      // --models, --json and --execution-provider are those of `pleura models`.
      const options = command.optsWithGlobals<Options>()
      if (!options.use && options.operatingPoint !== undefined) {
        throw new ConfigurationError('--operating-point says how a bundle is used. Give --use with it.')
      }
      const { added, profile } = await registerBundles(folders, options)
      console.log(options.json ? JSON.stringify({ added, profile }) : format(added, profile, options.models))
    })
}

function format(added: readonly RegisteredBundle[], profile: ScreeningProfile | null, models: string): string {
  return [
    ...added.map(({ id, task, sha256, isNew }) =>
      isNew ? `added    ${id} (${task}, ${sha256.slice(0, 12)}…)` : `present  ${id}, the same`,
    ),
    profile
      ? `${join(models, 'profile.json')}: ${profile.classifier.bundle} at ${profile.classifier.operatingPoint}, then ${profile.segmenter.bundle}. Thresholds are the bundles' own.`
      : 'Not in use yet: --use pins them in the profile.',
  ].join('\n')
}
