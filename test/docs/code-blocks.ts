import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '../..')

/** Every page that a reader may copy commands from. */
export const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'models/training/README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
].sort()

export const textOf = (page: string): string => readFileSync(join(root, page), 'utf8')

export interface CommandBlock {
  readonly page: string
  /** Of its first command. */
  readonly line: number
  /** Comments stripped, continued lines joined. */
  readonly commands: readonly string[]
  /** What the comment above it says of who runs it; null without one. */
  readonly mark: string | null
}

const program = /^(npm|npx|node|python3?|pip|aws|docker|pleura|find|export|cd|git|bash|[A-Z]+=)\b/

/** The blocks of a page, fenced or indented, that hold commands. */
export function commandBlocks(page: string): CommandBlock[] {
  const lines = textOf(page).split('\n')
  const blocks: CommandBlock[] = []
  let fenced = false
  let mark: string | null = null
  let block: { line: number; lines: string[] } | null = null
  const close = (): void => {
    if (block) {
      const commands = block.lines
        .join('\n')
        .replaceAll(/\\\n\s*/g, '')
        .split('\n')
        .map((line) => line.replace(/\s+#\s.*$/, '').trim())
        .filter((line) => line !== '')
      if (commands.some((command) => program.test(command))) blocks.push({ page, line: block.line, commands, mark })
      mark = null
    }
    block = null
  }
  for (const [index, line] of lines.entries()) {
    if (line.trimStart().startsWith('```')) {
      if (fenced) close()
      else block = { line: index + 2, lines: [] }
      fenced = !fenced
    } else if (fenced || (/^ {4}/.test(line) && (block || isBlockStart(lines, index)))) {
      block ??= { line: index + 1, lines: [] }
      block.lines.push(line)
    } else if (line.trim() !== '') {
      close()
      mark = /^\s*<!-- commands: (.+) -->$/.exec(line)?.[1] ?? null
    }
  }
  close()
  return blocks
}

/** Indented lines are code behind an empty line, and paragraphs of a list anywhere else. */
const isBlockStart = (lines: readonly string[], index: number): boolean => (lines[index - 1] ?? '').trim() === ''
