import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { addCommands, commandOf } from '../../lib/cli/commands.ts'

async function namesOf(...words: string[]): Promise<string[]> {
  const program = new Command('pleura').option('--log <format>').version('1')
  await addCommands(program, words)
  return program.commands.map((command) => command.name())
}

describe('addCommands', () => {
  it('loads the asked command alone, and each under the name by which it is asked for', async () => {
    const all = await namesOf()
    expect(all.length).toBeGreaterThan(15)
    for (const name of all) expect(await namesOf(name, '--help')).toEqual([name])
    expect(await namesOf('--log', 'json', 'screen', 'watch')).toEqual(['screen'])
  })

  it('loads all for the help and for a word that is no command, and none for the version', async () => {
    const all = await namesOf()
    for (const words of [['--help'], ['help', 'screen'], ['scren', 'x.dcm'], ['constructor'], ['--log', 'screen']]) {
      expect(await namesOf(...words)).toEqual(all)
    }
    expect(await namesOf('--version')).toEqual([])
  })
})

describe('commandOf', () => {
  it.each([
    [['screen', 'a.dcm'], 'screen'],
    [['--log=json', 'screen'], 'screen'],
    [['--log', 'json', 'cost'], 'cost'],
    [['--log', 'json'], undefined],
    [[], undefined],
  ])('of %j is %s', (words, command) => {
    expect(commandOf(words)).toBe(command)
  })
})
