import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { ResultLine } from '../../lib/screening/result-documents/result-line.ts'

export const program = resolve(import.meta.dirname, '../../dist/lib/cli/main.js')

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Starts the built command line, as a user does, in a process group of its own. */
export const startPleura = (...args: string[]): Started => startPleuraWith({}, ...args)

interface Started {
  readonly process: ChildProcess
  readonly ended: Promise<Ended>
}

/** The same as another user, or with another environment. */
export function startPleuraWith(options: SpawnOptions, ...args: string[]): Started {
  const child = spawn(process.execPath, [program, ...args], {
    ...options,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let stdout = ''
  let stderr = ''
  child.stdout!.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr!.on('data', (chunk) => {
    stderr += chunk
  })
  const ended = new Promise<Ended>((settle) => {
    child.on('close', (code) => settle({ code, stdout, stderr }))
  })
  return { process: child, ended }
}

export const runPleura = (...args: string[]): Promise<Ended> => startPleura(...args).ended

export async function readLines<T = ResultLine>(file: string): Promise<T[]> {
  const text = await readFile(file, 'utf8')
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}

export const readResults = (outDir: string): Promise<ResultLine[]> => readLines(join(outDir, 'results.jsonl'))
