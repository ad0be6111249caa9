import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** A folder of this run: what one test file has made, and others need as well. */
    readonly runFolder: string
  }
}

let runFolder: string

/** Tests of programs that run in a process of their own (the command line, the codec worker) start them from dist/. */
export function setup(project: TestProject): void {
  execFileSync(process.execPath, ['build.mjs'], { stdio: 'inherit' })
  runFolder = mkdtempSync(join(tmpdir(), 'pleura-tests-'))
  project.provide('runFolder', runFolder)
}

export function teardown(): void {
  rmSync(runFolder, { recursive: true, force: true })
}
