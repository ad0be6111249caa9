import { execFileSync } from 'node:child_process'

/** Tests of programs that run in a process of their own (the command line, the codec worker) start them from dist/. */
export function setup(): void {
  execFileSync(process.execPath, ['build.mjs'], { stdio: 'inherit' })
}
