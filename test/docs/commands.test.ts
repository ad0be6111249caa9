import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writePhantomSet } from '../../lib/phantom/write-phantom-set.ts'
import { type CommandBlock, commandBlocks, pages, root } from './code-blocks.ts'

/*
 * A block of commands in a page carries a comment that says who runs it:
 *   <!-- commands: npm test -->            below, in a copy of the checkout that also holds a folder `studies`
 *   <!-- commands: .ci/run -->             that script, word for word; `npm ci` once for all of them
 *   <!-- commands: not run: <reason> -->   nobody, and why
 */
const blocks = pages.flatMap(commandBlocks)
const titleOf = ({ page, line }: CommandBlock): string => `${page}:${line}`
const marked = (mark: string): [string, CommandBlock][] =>
  blocks.filter((block) => block.mark === mark).map((block) => [titleOf(block), block])

describe('the commands of the documents', () => {
  it('are run by a check, or say why not', () => {
    const known = /^(npm test|\.ci\/run|not run: .{10,})$/
    const unmarked = blocks.filter(({ mark }) => mark === null || !known.test(mark)).map(titleOf)
    expect(
      unmarked,
      'write a comment <!-- commands: … --> above these blocks; test/docs/commands.test.ts says which',
    ).toEqual([])
  })

  it.each(marked('.ci/run'))('at %s are in .ci/run', (_, { commands }) => {
    const script = readFileSync(join(root, '.ci/run'), 'utf8')
    const missing = commands.flatMap((command) => command.split(' && ')).filter((command) => !script.includes(command))
    expect(missing).toEqual([])
  })

  it('name scripts of package.json and files that there are', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    const all = blocks.flatMap(({ commands }) => commands)
    const named = all.flatMap((command) =>
      [...command.matchAll(/npm run (?:--silent )?([\w:-]+)/g)].map(([, script]) => script),
    )
    expect(named.filter((script) => !(script in scripts))).toEqual([])
    const paths = all.flatMap(
      (command) => command.match(/(?<![\w./$<-])(?:test|models\/training|config)\/[\w./-]+\w/g) ?? [],
    )
    const ofTheReader = /^config\/clinic\.json$|NAME/
    expect(
      paths.filter((path) => !ofTheReader.test(path) && !statSync(join(root, path), { throwIfNoEntry: false })),
    ).toEqual([])
  })

  it('has a hook before a push that git will run', () => {
    const hook = join(root, '.githooks/pre-push')
    expect(statSync(hook).mode & 0o111).toBe(0o111)
    expect(readFileSync(hook, 'utf8')).toContain('npm run --silent check:changed')
  })

  describe('marked npm test', () => {
    let checkout: string
    // Git sets GIT_DIR for a hook: with it, commands would change the checkout that is pushed instead of the copy.
    const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')))
    beforeAll(async () => {
      checkout = mkdtempSync(join(tmpdir(), 'pleura-checkout-'))
      for (const name of readdirSync(root)) {
        if (name === 'package.json') cpSync(join(root, name), join(checkout, name))
        else if (!name.startsWith('.')) symlinkSync(join(root, name), join(checkout, name))
      }
      execFileSync('git', ['init', '--quiet'], { cwd: checkout, env: environment })
      const outDir = join(checkout, 'drawn')
      await writePhantomSet({ count: 2, outDir, seed: 1, rows: 256 })
      renameSync(join(outDir, 'dicom-images-train'), join(checkout, 'studies'))
    })
    afterAll(() => rmSync(checkout, { recursive: true, force: true }))

    it.each(marked('npm test'))(
      'at %s run',
      (_, { commands }) => {
        execFileSync('bash', ['-euo', 'pipefail', '-c', commands.join('\n')], {
          cwd: checkout,
          env: environment,
          encoding: 'utf8',
        })
        // 44 phantoms, or a screening, on a busy machine.
      },
      300_000,
    )
  })
})
