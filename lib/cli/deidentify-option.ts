import type { Command } from 'commander'
import type { Log } from '../embedded/log.ts'
import { readDeidentificationKey } from '../embedded/read-deidentification-key.ts'
import type { ScreeningSettings } from '../embedded/screening-settings.ts'
import { type ScreeningOptions, settingsOf } from './screening-options.ts'

export interface DeidentifyOption {
  deidentify?: string
}

export const addDeidentifyOption = (command: Command): Command =>
  command.option(
    '--deidentify <keyfile>',
    'keyed pseudonyms in place of patients, UIDs and dates in all that is written (docs/results.md says what stays)',
  )

/** @throws {ConfigurationError} when the key is none */
export async function deidentifiableSettings(
  options: ScreeningOptions & DeidentifyOption & { out: string },
  log: Log,
): Promise<ScreeningSettings> {
  const settings = settingsOf(options, options.out)
  const { deidentify } = options
  return deidentify === undefined
    ? settings
    : { ...settings, deidentificationKey: await readDeidentificationKey(deidentify, log) }
}
