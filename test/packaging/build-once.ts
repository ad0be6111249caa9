import { rmSync } from 'node:fs'
import type { TestProject } from 'vitest/node'
import { buildAssets } from './build-assets.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder of all assets, as they are deployed. Read only. */
    readonly assets: string
  }
}

let assets: string

/** Builds once what several files look at. */
export function setup(project: TestProject): void {
  assets = buildAssets()
  project.provide('assets', assets)
}

export function teardown(): void {
  rmSync(assets, { recursive: true, force: true })
}
