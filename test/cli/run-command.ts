import { Command } from 'commander'
import { vi } from 'vitest'

export interface CommandRun {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number | undefined
}

/** Runs one command in this process and returns what it printed. What it throws is thrown. */
export async function runCommand(add: (program: Command) => void, ...args: string[]): Promise<CommandRun> {
  const program = new Command('pleura').exitOverride().configureOutput({ writeErr: () => {} })
  add(program)
  let stdout = ''
  let stderr = ''
  const spies = [
    vi.spyOn(console, 'log').mockImplementation((text = '') => {
      stdout += `${text}\n`
    }),
    vi.spyOn(console, 'error').mockImplementation((text = '') => {
      stderr += `${text}\n`
    }),
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      stdout += String(text)
      return true
    }),
  ]
  const exitCodeBefore = process.exitCode
  process.exitCode = undefined
  try {
    await program.parseAsync(args, { from: 'user' })
    return { stdout, stderr, exitCode: process.exitCode as number | undefined }
  } finally {
    process.exitCode = exitCodeBefore
    for (const spy of spies) spy.mockRestore()
  }
}
