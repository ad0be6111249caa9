import type { AddHelpTextContext } from 'commander'

/** Wider than this, help is hard to read beside other windows. Unit: characters. */
const maximumWidth = 100

/** Text below the help of a command, wrapped as the help is. */
export const wrapNotes =
  (text: string) =>
  ({ command }: AddHelpTextContext): string => {
    const help = command.createHelp()
    return `\n${help.boxWrap(text, Math.min(process.stdout.columns ?? maximumWidth, maximumWidth))}`
  }
